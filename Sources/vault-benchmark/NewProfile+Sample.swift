import FoundationEssentials
import Vault

extension NewProfile {
    /// A profile as a company has thousands of: a name with a team and a service in it, a workspace, tags, and a secret
    /// of 40 bytes. Each number gives another name.
    static func sample(_ number: Int, secretExpiresAt: Date) throws(VaultError) -> NewProfile {
        let stages = ["prod", "staging", "test", "dev"]
        let stage = stages[number % stages.count]
        let digits = padded(number, to: 12)
        return NewProfile(
            name: try ProfileName("team-\(padded(number % 97, to: 3))/service-\(padded(number, to: 6))-\(stage)"),
            destination: Destination(workspace: "https://adb-4\(digits).\(number % 20).azuredatabricks.net"),
            tenant: "11111111-1111-4111-8111-\(padded(number % 12, to: 12))",
            clientID: "22222222-2222-4222-8222-\(digits)", secret: SecretBytes.random(count: 40),
            secretExpiresAt: secretExpiresAt,
            audience: try Audience(resource: "databricks", in: .azureCloud),
            subscription: "33333333-3333-4333-8333-\(padded(number % 40, to: 12))",
            tags: [try Tag("env=\(stage)"), try Tag("team=team-\(padded(number % 97, to: 3))")],
            about: "runs the nightly jobs of service \(number)", checks: false)
    }

    private static func padded(_ number: Int, to width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

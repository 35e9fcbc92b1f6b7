import FoundationEssentials
import Vault

extension AuditEvent {
    /// An entry as a company makes millions of: mostly tokens from the cache, some from the provider, a few that were
    /// refused or could not be had.
    static func sample(_ number: Int, at time: Date) -> AuditEvent {
        // Neighbours are of different profiles, and each profile has some of everything.
        let profile = number &* 7919 % 1000
        let turn = number / 1000 % 50
        let outcome: AuditOutcome = turn == 7 ? .refused : turn == 23 ? .failed : .ok
        let caller = Caller(
            uid: 1000, pid: Int32(truncatingIfNeeded: 1000 + number % 30_000), user: "deploy",
            host: "build-\(number % 12).example.com",
            claimedExecutables: ["/usr/local/bin/vaultctl", "/usr/bin/bash", "/usr/lib/systemd/systemd"])
        var event = AuditEvent(
            time: time, action: .issue, outcome: outcome, caller: caller,
            profile: "team-\(profile % 97)/service-\(profile)-prod",
            profileID: RowID([UInt8](repeating: UInt8(profile % 251), count: 16)),
            audience: "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d/.default", tenant: "11111111-1111-4111-8111-111111111111",
            clientID: "22222222-2222-4222-8222-222222222222")
        switch outcome {
        case .ok, .started:
            event.source = turn % 10 == 0 ? .provider : .cache
            event.tokenExpiresAt = time.addingTimeInterval(3600)
            event.tokenID = "\(number)-0b1c2d3e4f5a6b7c"
            event.tokenHash = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 32)
            event.keyID = "33333333-3333-4333-8333-333333333333"
        case .refused:
            event.code = 76
            event.refusal = ProviderRefusal(
                error: "invalid_client", aadsts: 7_000_222, traceID: "44444444-4444-4444-8444-444444444444",
                correlationID: "55555555-5555-4555-8555-555555555555")
        case .failed:
            event.code = 69
            event.detail = "the identity provider could not be reached"
        }
        return event
    }
}

import ArgumentParser
import Synchronization
import Vault

struct RotationOrphans: Verb {
    static let configuration = CommandConfiguration(
        commandName: "orphans", abstract: "Find credentials at providers whose secret nobody has.",
        discussion: """
            Those are orphans whose name says that a vault had them made, or that this vault's record tells of, and that \
            no profile and no rotation of this vault uses. Another vault may use them: with --remove each profile is \
            asked about. tsv has no header; its columns are profile, key id, standing, name, expires, then.

            EXAMPLES
              vaultctl rotation orphans --all
              vaultctl rotation orphans ci --remove
            """)

    @OptionGroup var chosen: ChosenProfiles

    @Flag(help: "All profiles.")
    var all = false

    @Flag(help: "Remove them.")
    var remove = false

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var management: ManagementOptions
    @OptionGroup var network: NetworkOptions
    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func validate() throws {
        guard chosen.isGiven != all else { throw ValidationError("give profile names, @selections, --tag or --all") }
    }

    func run() async throws {
        guard remove else {
            return try await unlock.showPlans(
                network, management, where: { $0.standing == .orphan }, { try await profiles($0) })
        }
        let output = try global.listOutput()
        try await unlock.withService(timeout: network.timeout.seconds) { service in
            let found = try await unlock.plans(of: try await profiles(service), management, service)
            let rows = found.rows { $0.standing == .orphan }
            for failure in found.failures { global.console.report(failure) }
            for (name, orphans) in Dictionary(grouping: rows, by: \.plan.profile).sorted(by: { $0.key < $1.key }) {
                let keyIDs = orphans.map(\.entry.credential.keyID)
                try global.confirm("remove \(keyIDs.joined(separator: ", ")) of \(name) for ever?", yes: yes)
                try await discard(keyIDs, of: name, service)
            }
            try output.write(rows, as: PlanRow.listing)
            if let failure = found.failures.first { throw ExitCode(failure.code.rawValue) }
        }
    }

    private func profiles(_ service: any VaultService) async throws -> [ProfileName] {
        // Those without a secret of their own have nothing registered that this could be about.
        try await chosen.profiles(service).filter { chosen.sole != nil || $0.credential.kind != .federated }.map(\.name)
    }

    private func discard(_ keyIDs: [String], of name: ProfileName, _ service: any VaultService) async throws {
        let failure = LastFailure()
        let order = RotationOrder(.discard(name, keyIDs: keyIDs), manager: management.using)
        try await service.rotate(order) { report in
            if case .failed(let error) = report.content { failure.set(error) }
        }
        if let error = failure.error { throw error }
        global.console.note("removed \(keyIDs.joined(separator: ", ")) of \(name)")
    }
}

/// What went wrong last, told from any thread.
private final class LastFailure: Sendable {
    private let state = Mutex<VaultError?>(nil)

    var error: VaultError? { state.withLock { $0 } }

    func set(_ error: VaultError) { state.withLock { $0 = error } }
}

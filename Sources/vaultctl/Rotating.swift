import ArgumentParser
import FoundationEssentials
import Synchronization
import Vault

extension GlobalOptions {
    /// Has an order carried out, and tells how it goes.
    func carryOut(
        _ order: RotationOrder, by service: any VaultService
    ) async throws(VaultError) -> [RotationResult] {
        // Each application that is rotated keeps a lock file open, and they wait side by side.
        ResourceLimits.raise()
        let progress = Progress("rotating", console: console)
        defer { progress.finish() }
        let results = RotationResults(progress, console: console)
        try await service.rotate(order) { results.take($0) }
        results.tellTheRest()
        return results.all
    }
}

extension UnlockOptions {
    /// Has an order carried out, tells how it goes, and shows what came of it.
    ///
    /// - Parameters:
    ///   - oneNamed: the profile, where it is about one: then its record is shown, and its failure is the command's.
    ///   - chosen: what is to be done instead of what the order says, where that has to be asked for first.
    func carryOut(
        _ order: RotationOrder, _ network: NetworkOptions, oneNamed: ProfileName?,
        _ chosen: (any VaultService) async throws -> RotationOrder.Work? = { _ in nil }
    ) async throws {
        let output = oneNamed == nil ? try global.listOutput() : try global.recordOutput()
        let results = try await withService(timeout: network.timeout.seconds) { service in
            var order = order
            if let work = try await chosen(service) { order.work = work }
            let results = try await global.carryOut(order, by: service)
            if let oneNamed {
                let result = results.first { $0.profile == oneNamed }
                if let error = result?.error { throw error }
                try output.write((result ?? RotationResult(profile: oneNamed)).record)
            } else {
                try output.write(results, as: RotationResult.listing)
                if results.count > 1 { global.console.note(RotationResult.summary(of: results)) }
            }
            return results
        }
        if let code = RotationResult.exitCode(of: results) { throw ExitCode(code.rawValue) }
    }

    /// Shows what providers have, and what rotations would do about it.
    func showPlans(
        _ network: NetworkOptions, _ management: ManagementOptions,
        where isWanted: @escaping @Sendable (RotationPlan.Entry) -> Bool = { _ in true },
        _ names: (any VaultService) async throws -> [ProfileName]
    ) async throws {
        let output = try global.listOutput()
        let failures = try await withService(timeout: network.timeout.seconds) { service in
            let plans = try await self.plans(of: try await names(service), management, service)
            try output.write(plans.rows(where: isWanted), as: PlanRow.listing)
            return plans.failures
        }
        guard let first = failures.first else { return }
        for failure in failures.dropLast() { global.console.report(failure) }
        throw failures.last ?? first
    }

    func plans(
        of names: [ProfileName], _ management: ManagementOptions, _ service: any VaultService
    ) async throws -> FoundPlans {
        let progress = Progress("asking", console: global.console)
        defer { progress.finish() }
        let found = Mutex<[PlannedProfile]>([])
        try await service.planRotations(
            of: names, manager: management.using, jobs: management.jobs
        ) { planned in
            let count = found.withLock { found in
                found.append(planned)
                return found.count
            }
            progress.show(count, of: names.count)
        }
        return FoundPlans(found.withLock { $0 })
    }
}

/// What was found of several profiles, by name.
struct FoundPlans {
    let plans: [RotationPlan]
    let failures: [VaultError]

    init(_ planned: [PlannedProfile]) {
        var plans: [RotationPlan] = []
        var failures: [VaultError] = []
        for one in planned.sorted(by: { $0.profile < $1.profile }) {
            switch one.result {
            case .success(let plan): plans.append(plan)
            case .failure(let error):
                failures.append(
                    VaultError(
                        error.code, planned.count == 1 ? error.message : "\(one.profile): \(error.message)",
                        hint: error.hint, refusal: error.refusal))
            }
        }
        (self.plans, self.failures) = (plans, failures)
    }

    func rows(where isWanted: (RotationPlan.Entry) -> Bool) -> [PlanRow] {
        plans.flatMap { plan in plan.entries.filter(isWanted).map { PlanRow(plan: plan, entry: $0) } }
    }
}

/// What becomes of profiles while an order is carried out.
private final class RotationResults: Sendable {
    private struct State {
        var total = 0
        var results: [ProfileName: RotationResult] = [:]
        /// How often each note came.
        var notes: [String: Int] = [:]
    }

    /// So often the same is said of one profile after another.
    private static let mostOfANote = 3

    private let state = Mutex(State())
    private let progress: Progress
    private let console: Console

    init(_ progress: Progress, console: Console) {
        self.progress = progress
        self.console = console
    }

    var all: [RotationResult] { state.withLock { $0.results.values.sorted { $0.profile < $1.profile } } }

    func take(_ report: RotationReport) {
        guard let name = report.profile else {
            if case .total(let total) = report.content { state.withLock { $0.total = total } }
            return
        }
        switch report.content {
        case .total: break
        case .note(let text): note(text, of: name)
        // Whatever `-q` says: it is all there is of a new credential.
        case .armour(let text): say { _ in Console.line(text.split(separator: "\n").joined(separator: "\n")) }
        case .went(let rotation): went(rotation, of: name)
        case .done(let rotation): end(RotationResult(profile: name, rotation: rotation))
        case .failed(let error): end(RotationResult(profile: name, error: error))
        }
    }

    private func note(_ text: String, of name: ProfileName) {
        let count = state.withLock { state in
            state.notes[text, default: 0] += 1
            return state.notes[text, default: 0]
        }
        if count <= Self.mostOfANote { say { $0.note("\(name): \(text)") } }
    }

    /// Tells of the notes that were not repeated.
    func tellTheRest() {
        for (text, count) in state.withLock({ $0.notes }) where count > Self.mostOfANote {
            say { $0.note("the same of \(count - Self.mostOfANote) more: \(text)") }
        }
    }

    private func went(_ rotation: Rotation, of name: ProfileName) {
        if console.isVerbose { say { $0.detail("\(name): rotation \(rotation.id) is \(rotation.state.rawValue)") } }
        // Long before the first is done, so that a person sees that there is something to wait for.
        let (done, total) = state.withLock { ($0.results.count, $0.total) }
        progress.show(done, of: total)
    }

    private func end(_ result: RotationResult) {
        let (done, total) = state.withLock { state in
            state.results[result.profile] = state.results[result.profile]?.merging(result) ?? result
            return (state.results.count, state.total)
        }
        progress.show(done, of: total)
    }

    private func say(_ body: (Console) -> Void) {
        progress.finish()
        body(console)
    }
}

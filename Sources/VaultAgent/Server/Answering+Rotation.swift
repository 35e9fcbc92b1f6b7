internal import Glibc
internal import Vault
internal import VaultProtos

extension Answering {
    /// Tells what becomes of an order as it happens.
    func rotate(_ wanted: AgentRequest.Rotate, asked request: AgentRequest) async throws {
        let order = try RotationOrder(wanted)
        let (stream, reports) = AsyncStream.makeStream(of: RotationReport.self)
        try await self.stream(stream, reports, asked: request) { vault in
            try await vault.rotate(order) { report in
                // Sealed, and all there is of a new credential: whoever asked may be gone by now.
                if case .armour(let text) = report.content { StandardError.write(text) }
                reports.yield(report)
            }
        } message: {
            AgentAnswer(.rotationReport($0.message))
        }
        try await done()
    }

    /// Tells of each profile as soon as it is known.
    func planRotations(_ wanted: AgentRequest.PlanRotations, asked request: AgentRequest) async throws {
        let names = try wanted.names.map { (name) throws(VaultError) in try ProfileName(name) }
        let manager = try ProfileName(orNil: wanted.manager)
        let jobs = wanted.jobs == 0 ? RotationOrder.usualJobs : min(Int(wanted.jobs), RotationOrder.mostJobs)
        let (stream, plans) = AsyncStream.makeStream(of: PlannedProfile.self)
        try await self.stream(stream, plans, asked: request) { vault in
            try await vault.planRotations(of: names, manager: manager, jobs: jobs) { plans.yield($0) }
        } message: {
            AgentAnswer(.plannedProfile($0.message))
        }
        try await done()
    }
}

private enum StandardError {
    /// What cannot be written there can be written nowhere.
    static func write(_ text: String) {
        var text = text
        text.withUTF8 { bytes in _ = unsafe Glibc.write(STDERR_FILENO, bytes.baseAddress, bytes.count) }
    }
}

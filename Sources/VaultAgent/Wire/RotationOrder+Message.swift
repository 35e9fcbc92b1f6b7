internal import FoundationEssentials
internal import Vault
internal import VaultProtos

extension RotationOrder {
    var message: AgentRequest.Rotate {
        var message = AgentRequest.Rotate()
        switch work {
        case .rotate(let names):
            message.work = "rotate"
            message.names = names.map(\.description)
        case .rotateDue(let time, let tags):
            message.work = "due"
            message.until = time.milliseconds
            message.tags = tags.map(\.description)
        case .resume(let choices): message.set("resume", choices)
        case .finish(let choices): message.set("finish", choices)
        case .rollBack(let choices): message.set("rollback", choices)
        case .discard(let name, let keyIDs):
            message.work = "discard"
            message.names = [name.description]
            message.keyIds = keyIDs
        }
        message.grace = grace
        message.lifetime = lifetime
        message.manager = manager?.description ?? ""
        message.retiring = retiring
        message.jobs = UInt32(clamping: jobs)
        message.waits = waits
        return message
    }

    /// - Throws: code `usage` for what no order can be.
    init(_ message: AgentRequest.Rotate) throws(VaultError) {
        guard let jobs = Int(exactly: message.jobs), (1...Self.mostJobs).contains(jobs) else {
            throw VaultError(.usage, "there are 1 to \(Self.mostJobs) jobs")
        }
        self.init(
            try message.checkedWork(), grace: try TimeInterval(checked: message.grace, "grace"),
            lifetime: try TimeInterval(checked: message.lifetime, "lifetime"),
            manager: try ProfileName(orNil: message.manager), retiring: message.retiring, jobs: jobs,
            waits: message.waits)
    }
}

extension ProfileName {
    /// - Parameter text: empty for none.
    init?(orNil text: String) throws(VaultError) {
        guard !text.isEmpty else { return nil }
        try self.init(text)
    }
}

extension AgentRequest.Rotate {
    fileprivate mutating func set(_ work: String, _ choices: [RotationChoice]) {
        self.work = work
        for choice in choices {
            switch choice {
            case .id(let id): rotationIds.append(Data(id.bytes))
            case .profile(let name): names.append(name.description)
            }
        }
    }

    fileprivate func checkedWork() throws(VaultError) -> RotationOrder.Work {
        switch work {
        case "rotate": return .rotate(try checkedNames())
        case "due":
            guard let time = try Date(checked: until) else {
                throw VaultError(.usage, "it is not said until when credentials must live")
            }
            return .rotateDue(until: time, tags: try tags.map { (tag) throws(VaultError) in try Tag(tag) })
        case "resume": return .resume(try checkedChoices())
        case "finish": return .finish(try checkedChoices())
        case "rollback": return .rollBack(try checkedChoices())
        case "discard":
            guard let name = try checkedNames().first else {
                throw VaultError(.usage, "it is not said whose credentials are to be removed")
            }
            return .discard(name, keyIDs: keyIds)
        default: throw VaultError(.usage, "the agent does not know what is to be done with the credentials")
        }
    }

    private func checkedNames() throws(VaultError) -> [ProfileName] {
        try names.map { (name) throws(VaultError) in try ProfileName(name) }
    }

    private func checkedChoices() throws(VaultError) -> [RotationChoice] {
        let ids = try rotationIds.map { (bytes) throws(VaultError) -> RotationChoice in
            guard let id = RowID(Array(bytes)) else { throw VaultError(.usage, "that is no id of a rotation") }
            return .id(id)
        }
        return ids + (try checkedNames()).map(RotationChoice.profile)
    }
}

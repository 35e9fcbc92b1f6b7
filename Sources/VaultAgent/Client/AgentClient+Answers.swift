internal import Vault
internal import VaultProtos

/// The shapes that answers have.
extension AgentClient {
    /// Asks for one thing.
    ///
    /// - Parameter answer: makes it of the content of the only part; nil when that is of another kind or makes no sense.
    func one<Answer: Sendable>(
        _ verb: AgentRequest.OneOf_Verb, _ answer: (AnswerContent) -> Answer?
    ) throws(VaultError) -> Answer {
        try ask(request(verb)) { (connection) throws(VaultError) in try connection.one(answer) }
    }

    /// The same of a request with a secret.
    func one<Answer: Sendable>(
        _ verb: AgentRequest.OneOf_Verb, secret: borrowing SecretBytes,
        _ answer: (AnswerContent) -> Answer?
    ) throws(VaultError) -> Answer {
        try ask(request(verb), secret: secret) { (connection) throws(VaultError) in try connection.one(answer) }
    }

    /// Asks for something to be done, of which nothing is told.
    func done(_ verb: AgentRequest.OneOf_Verb) throws(VaultError) {
        _ = try one(verb, \.done)
    }

    /// Asks for a list, which comes in parts.
    ///
    /// - Parameters:
    ///   - messages: the list in a part; nil when it is of another kind.
    ///   - item: what one of them means; nil when it makes no sense.
    func list<Message, Item: Sendable>(
        _ verb: AgentRequest.OneOf_Verb, _ messages: (AnswerContent) -> [Message]?,
        _ item: (Message) -> Item?
    ) throws(VaultError) -> [Item] {
        try ask(request(verb)) { (connection) throws(VaultError) in
            var items: [Item] = []
            try connection.parts { (content) throws(VaultError) in
                guard let part = messages(content) else { throw .answerNotUnderstood }
                for message in part {
                    guard let item = item(message) else { throw .answerNotUnderstood }
                    items.append(item)
                }
            }
            return items
        }
    }
}

extension AgentConnection {
    /// Reads an answer of one part.
    mutating func one<Answer>(_ answer: (AnswerContent) -> Answer?) throws(VaultError) -> Answer {
        let part = try nextPart()
        guard part.isLast, let answer = answer(part.content) else { throw .answerNotUnderstood }
        return answer
    }

    /// Reads a token, and what else is told of it.
    mutating func issuedToken() throws(VaultError) -> IssuedToken {
        let message = try one(\.token)
        // The secret first: it is on its way, whether the details make sense or not.
        let value = try nextSecret()
        guard let details = TokenDetails(message) else { throw .answerNotUnderstood }
        return IssuedToken(value: value, details: details)
    }

    /// Reads an answer to its end. `done`, which may be the last part, is kept from `take`.
    mutating func parts(_ take: (AnswerContent) throws(VaultError) -> Void) throws(VaultError) {
        while true {
            let part = try nextPart()
            if part.isLast, part.content.done != nil { return }
            try take(part.content)
            if part.isLast { return }
        }
    }
}

public import FoundationEssentials

/// What the record tells of the tokens of one profile: who will notice when its credential stops working.
public struct ProfileUse: Sendable, Equatable {
    public var profile: RowID
    /// Nil when none was ever given out.
    public var last: LastToken?
    /// Who was given some since the day that was asked for, whoever was given the last one first; at most
    /// ``mostRecipients``.
    public var recipients: [Recipient]
    /// How many more there are.
    public var otherRecipients: Int

    public static let mostRecipients = 32

    /// The last token that was given out, from the provider or the cache.
    public struct LastToken: Sendable, Equatable {
        public var time: Date
        /// Resource or scope.
        public var audience: String?
        public var user: String
        public var host: String

        public init(time: Date, audience: String?, user: String, host: String) {
            self.time = time
            self.audience = audience
            self.user = user
            self.host = host
        }
    }

    public struct Recipient: Sendable, Equatable {
        public var user: String
        public var host: String
        /// *Claimed*, as everything about a process but its number; nil where none is known.
        public var executable: String?
        /// How many tokens it was given, and when the last one.
        public var tokens: Int
        public var last: Date

        public init(user: String, host: String, executable: String?, tokens: Int, last: Date) {
            self.user = user
            self.host = host
            self.executable = executable
            self.tokens = tokens
            self.last = last
        }
    }

    public init(profile: RowID, last: LastToken? = nil, recipients: [Recipient] = [], otherRecipients: Int = 0) {
        self.profile = profile
        self.last = last
        self.recipients = recipients
        self.otherRecipients = otherRecipients
    }
}

import Vault

/// What came of looking at the whole vault, in words.
enum ReportVerdict {
    case whole(Verification)
    /// In the words of the error.
    case damaged(String)

    var heading: String {
        switch self {
        case .whole(let verification) where verification.anchorAgrees: "The record is whole"
        case .whole: "The record is whole; nothing vouches for its age"
        case .damaged: "The vault is not whole"
        }
    }

    var sentences: [String] {
        switch self {
        case .whole(let verification):
            [
                "Checked, without a gap: \(verification.auditEntries) entries, \(verification.profiles) profiles. "
                    + (verification.anchorAgrees
                        ? "What this machine remembers of the vault agrees."
                        : "This machine had no anchor for it."),
                "Root of the audit tree: \(verification.auditRoot.hexadecimal)",
            ]
        case .damaged(let message): [message, "What follows is what could be read, and is not to be relied upon."]
        }
    }

    /// A class of the page's style.
    var tone: String {
        switch self {
        case .whole(let verification): verification.anchorAgrees ? "good" : "doubtful"
        case .damaged: "bad"
        }
    }
}

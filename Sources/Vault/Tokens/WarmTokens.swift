internal import FoundationEssentials
internal import Synchronization

/// What requests led to in the cache, for as long as no live row changes: the hundredth request for a token looks nothing
/// up and decodes nothing. The token itself is not here; it is opened anew each time, from its row as it is sealed.
final class WarmTokens: Sendable {
    final class Entry: Sendable {
        let wish: TokenWish
        let token: StoredToken
        /// When a credential that a rotation keeps is to be forgotten; no earlier does anything else need to be looked at.
        let graceEnds: Date?

        init(wish: TokenWish, token: StoredToken, graceEnds: Date?) {
            self.wish = wish
            self.token = token
            self.graceEnds = graceEnds
        }
    }

    /// What a caller named; it stands for one row of the cache as long as the profiles are what they are.
    private struct Key: Hashable {
        let profile: ProfileName
        let audience: AudienceChoice?
        let tenant: String?

        init(_ request: TokenRequest) {
            profile = request.profile
            audience = request.audience
            tenant = request.tenant
        }
    }

    private struct State {
        var generation: UInt64 = 0
        var entries: [Key: Entry] = [:]
    }

    private let state = Mutex(State())
    private static let most = 4096

    /// - Parameter generation: of the rows as they are; nil when that cannot be told.
    func entry(for request: TokenRequest, at generation: UInt64?) -> Entry? {
        state.withLock { state in
            guard let generation, generation == state.generation else { return nil }
            return state.entries[Key(request)]
        }
    }

    /// What the last request for the same led to. It may be out of date: ``entry(for:at:)`` tells.
    func latest(for request: TokenRequest) -> Entry? {
        state.withLock { $0.entries[Key(request)] }
    }

    /// Forgets all: what is kept is sealed with keys that are not the vault's any more.
    func clear() {
        state.withLock { $0.entries = [:] }
    }

    func keep(_ entry: Entry, for request: TokenRequest, at generation: UInt64?) {
        guard let generation else { return }
        state.withLock { state in
            if generation != state.generation || state.entries.count >= Self.most {
                // An older one may come late, from a change that was run twice.
                guard generation >= state.generation else { return }
                state = State(generation: generation)
            }
            state.entries[Key(request)] = entry
        }
    }
}

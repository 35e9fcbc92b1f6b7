import HTTPTypes

/// One thing that can be asked: a method, a path with holes, and who answers.
///
/// A family of routes is a file that declares an array of them; ``EntraEmulator/routes`` joins the arrays.
struct Route: Sendable {
    typealias Answer =
        @Sendable (isolated EntraEmulator, EmulatorRequest, [String: String]) async throws(Refusal)
        -> EmulatorResponse

    /// What a fault calls it.
    let name: String
    let method: HTTPRequest.Method
    private let pattern: [String]
    let answer: Answer

    /// - Parameter path: such as `/{tenant}/oauth2/token`; what stands in braces, a piece or the middle of
    ///   one, takes any value.
    init(_ name: String, _ method: HTTPRequest.Method, _ path: String, answer: @escaping Answer) {
        self.name = name
        self.method = method
        self.pattern = path.split(separator: "/").map(String.init)
        self.answer = answer
    }

    /// What fills the holes, when `segments` fit. Paths are compared without regard to case, as the vendor does.
    func match(_ segments: [String]) -> [String: String]? {
        guard segments.count == pattern.count else { return nil }
        var values: [String: String] = [:]
        for (piece, segment) in zip(pattern, segments) {
            if let opening = piece.firstIndex(of: "{"), let closing = piece.firstIndex(of: "}") {
                let before = piece[..<opening]
                let after = piece[closing...].dropFirst()
                guard segment.count >= before.count + after.count,
                    segment.prefix(before.count).lowercased() == before.lowercased(),
                    segment.suffix(after.count).lowercased() == after.lowercased()
                else { return nil }
                values[String(piece[opening..<closing].dropFirst())] =
                    String(segment.dropFirst(before.count).dropLast(after.count))
            } else if piece.lowercased() != segment.lowercased() {
                return nil
            }
        }
        return values
    }

    /// The routes that drive the emulator: not recorded, and never at fault.
    static let control = "control"
}

/// Waits until `condition` holds, and fails when it does not within a minute.
///
/// - Parameter what: says what was waited for.
package func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while try await !condition() {
        guard ContinuousClock.now < deadline else { throw NeverHappened(what: what) }
        try await Task.sleep(for: .milliseconds(2))
    }
}

package struct NeverHappened: Error, CustomStringConvertible {
    let what: String
    package var description: String { "it never happened: \(what)" }
}

import EntraEmulator
import Foundation

/// All that is printed. Standard output has the base URL and nothing else; it is written at once, because a script
/// that started the emulator waits for the line.
enum Output {
    static func line(_ text: String) {
        FileHandle.standardOutput.write(Data((text + "\n").utf8))
    }

    /// One line for a request; a record holds no secret.
    static func log(_ request: RecordedRequest) {
        var words = [request.method, request.path, "\(request.status)"]
        if let client = request.clientId { words.append("client=\(visible(client))") }
        if let resource = request.resource { words.append("resource=\(visible(resource))") }
        words += request.faults.map { "fault=\($0.rawValue)" }
        FileHandle.standardError.write(Data((words.joined(separator: " ") + "\n").utf8))
    }

    /// `text` without control characters, so that what a client sends cannot forge a line.
    private static func visible(_ text: String) -> String {
        String(
            String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }))
    }
}

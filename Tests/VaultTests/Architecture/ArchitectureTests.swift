import FoundationEssentials
import Testing

/// The layers of `Vault` are folders of one module, so the compiler does not keep them apart; this does.
struct ArchitectureTests {
    /// Lowest first. What stands in one row does not know its neighbours; the one error belongs to the model.
    static let layers = [
        ["Text"],
        ["Model"],
        ["Crypto", "Storage"],
        ["Records"],
        ["Commands"],
        ["Identity"],
        ["VaultEnvironment.swift"],
        ["Audit"],
        ["Outlets"],
        ["Policies"],
        ["Tokens"],
        ["Rotation"],
        ["."],
    ]

    /// Who alone imports what.
    static let imports = [
        "CSodium": ["Vault/Crypto/"],
        "CSQLite": ["Vault/Storage/"],
        "AsyncHTTPClient": ["Vault/Identity/AsyncHTTPTransport.swift"],
        "HummingbirdCore": ["VaultEndpoint/", "entra-emulator/"],
        "X509": ["Vault/Identity/ClientCertificate", "EntraEmulator/", "entra-emulator/"],
        "JWTKit": ["EntraEmulator/"],
        "ArgumentParser": ["vaultctl/", "entra-emulator/", "vault-benchmark/"],
        "Foundation": ["EntraEmulator/", "entra-emulator/"],
    ]

    struct Source {
        var path: String
        var layer: Int
        var unit: String
        var code: String
    }

    @Test func `no lower folder names a type of a higher one or of its neighbour`() throws {
        let sources = try vault()
        var homes: [String: Source] = [:]
        for source in sources {
            for name in Self.declaredTypes(in: source.code) { homes[name] = source }
        }
        #expect(homes.count > 60)
        var edges = 0
        for source in sources {
            for word in Set(Self.words(of: source.code)) {
                guard let home = homes[word], home.unit != source.unit else { continue }
                edges += 1
                #expect(
                    home.layer < source.layer, "\(source.path) names \(word), which \(home.path) declares higher up")
            }
        }
        #expect(edges > 100, "the test sees who names whom")
    }

    @Test func `system libraries are imported where they belong and nowhere else`() throws {
        var seen: Set<String> = []
        for (path, code) in try files(under: root + "/Sources") {
            for line in code.split(separator: "\n") where line.contains("import ") {
                guard let module = line.split(separator: " ").last.map(String.init),
                    let homes = Self.imports[module]
                else { continue }
                seen.insert(module)
                #expect(homes.contains { path.hasPrefix($0) }, "\(path) imports \(module)")
            }
        }
        #expect(seen == Set(Self.imports.keys))
    }

    // MARK: Reading

    private let root = "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/")

    private func vault() throws -> [Source] {
        try files(under: root + "/Sources/Vault").map { path, code in
            let parts = path.split(separator: "/").map(String.init)
            let unit =
                switch parts[0] {
                case "VaultError.swift": "Model"
                case let name where parts.count > 1 || Self.layers.joined().contains(name): name
                default: "."
                }
            let layer = try #require(Self.layers.firstIndex { $0.contains(unit) }, "\(path) is in no layer")
            return Source(path: path, layer: layer, unit: unit, code: code)
        }
    }

    private func files(under folder: String) throws -> [(path: String, code: String)] {
        try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.hasSuffix(".swift") }.map { path in
            let data = try Data(contentsOf: URL(filePath: folder + "/" + path))
            return (path, Self.withoutProse(String(decoding: data, as: UTF8.self)))
        }
    }

    /// The code without comments and without the text of strings.
    private static func withoutProse(_ code: String) -> String {
        code.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            var kept = line
            if let comment = kept.firstRange(of: "//") { kept = kept[..<comment.lowerBound] }
            return kept.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
                .filter { $0.offset % 2 == 0 }.map(\.element).joined(separator: " ")
        }
        .joined(separator: "\n")
    }

    private static func words(of code: String) -> [String] {
        code.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init)
    }

    /// Types that are declared at the top level.
    private static func declaredTypes(in code: String) -> [String] {
        code.split(separator: "\n").compactMap { line in
            guard let first = line.first, first.isLetter || first == "@" else { return nil }
            let words = words(of: String(line))
            guard let keyword = words.firstIndex(where: { Self.keywords.contains($0) }),
                words[..<keyword].allSatisfy({ Self.modifiers.contains($0) }), keyword + 1 < words.count
            else { return nil }
            return words[keyword + 1]
        }
    }

    private static let keywords: Set = ["struct", "class", "enum", "protocol", "actor", "typealias"]
    private static let modifiers: Set = ["public", "package", "internal", "private", "fileprivate", "final", "safe"]
}

import Vault

/// Writes answers as the options of az want them.
struct AzWriter {
    private let format: AzFormat
    private let query: Query?
    private let isSilent: Bool

    /// - Throws: what is wrong with the query, before anything is asked for.
    init(_ options: AzOptions) throws(AzFailure) {
        format = try AzFormat(options)
        let setting = Surroundings.value("AZURE_CORE_ONLY_SHOW_ERRORS")?.lowercased() ?? ""
        isSilent = options.has("--only-show-errors") || ["1", "yes", "true", "on"].contains(setting)
        guard let text = options["--query"] else {
            query = nil
            return
        }
        do {
            query = try Query(text)
        } catch {
            throw AzFailure(error, in: text)
        }
    }

    /// Says something on standard error that is no error.
    func warn(_ line: String) {
        if !isSilent { Console.line(line.visible) }
    }

    /// Writes a document without a token.
    ///
    /// - Parameter table: what stands for it in a table, unless a query chose.
    func write(_ document: AzValue, table: AzValue? = nil) throws {
        try write(document, table: table, splicing: SecretBytes())
    }

    /// Writes a document with the token where it belongs, from the memory that it lies in.
    func write(_ document: AzValue, table: AzValue? = nil, splicing token: borrowing SecretBytes) throws {
        let chosen: AzValue
        do {
            chosen = try query?.search(document) ?? document
        } catch {
            throw AzFailure(error, in: "")
        }
        let text = try text(of: chosen, table: query == nil ? table : nil, token: token)
        if !text.tokens.isEmpty { try TokenDocument(before: "", after: "").check(token) }
        try StandardOutput.write(text, splicing: token)
    }

    private func text(
        of value: AzValue, table: AzValue?, token: borrowing SecretBytes
    ) throws(AzFailure) -> SplicedText {
        // az prints nothing for nothing, in every format.
        if case .null = value { return SplicedText() }
        switch format {
        case .none: return SplicedText()
        case .json, .jsonc: return AzJSON.text(of: value)
        case .yaml, .yamlc: return try AzYAML.text(of: value, tokenIsPlain: token.isPlainYAML)
        case .tsv: return AzTSV.text(of: value)
        case .table:
            return try AzTable.text(
                of: table ?? value, sortsKeys: query == nil && table == nil, tokenLength: token.count)
        }
    }
}

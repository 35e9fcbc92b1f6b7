/// The formats of az, by the names that `--output` has for them. Those with a `c` at their end would have colours on a
/// terminal; here they have none.
enum AzFormat: String, CaseIterable {
    case json, jsonc, yaml, yamlc, table, tsv, none

    /// The one that was asked for, else what `AZURE_CORE_OUTPUT` says, else JSON.
    init(_ options: AzOptions) throws(AzFailure) {
        guard let name = options["--output"] ?? Surroundings.value("AZURE_CORE_OUTPUT") else {
            self = .json
            return
        }
        guard let format = AzFormat(rawValue: name.lowercased()) else {
            let allowed = Self.allCases.map(\.rawValue).joined(separator: ", ")
            throw .usage("AZURE_CORE_OUTPUT is not one of the formats. Allowed values: \(allowed).")
        }
        self = format
    }
}

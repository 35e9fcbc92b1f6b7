/// The SQL scripts of this folder, in order; SwiftPM embeds them as PackageResources.
package enum Migrations {
    package static let v001: [UInt8] = PackageResources.v001_vault_sql
    package static let v002: [UInt8] = PackageResources.v002_audit_sql
}

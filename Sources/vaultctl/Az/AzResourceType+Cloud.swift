import Vault

extension AzResourceType {
    /// The resource in a cloud, with or without the slash at its end as az has it (`az cloud show`). In a cloud of one's own
    /// what the cloud does not tell is as in the worldwide one.
    ///
    /// - Returns: nil where the cloud has no such thing.
    func resource(in cloud: Cloud) -> String? {
        let isKnown = Cloud.named(cloud.name) != nil
        let (china, government) = (Cloud.azureChinaCloud.name, Cloud.azureUSGovernment.name)
        return switch (self, cloud.name) {
        case (.arm, china): "https://management.core.chinacloudapi.cn/"
        case (.arm, government): "https://management.core.usgovcloudapi.net/"
        case (.arm, _): "https://management.core.windows.net/"
        // Of all clouds this one has it without a slash.
        case (.graph, china): cloud.graph
        case (.graph, _): cloud.graph + "/"
        case (.aadGraph, china): "https://graph.chinacloudapi.cn/"
        case (.aadGraph, _): "https://graph.windows.net/"
        case (.batch, china): "https://batch.chinacloudapi.cn/"
        case (.batch, government): "https://batch.core.usgovcloudapi.net/"
        case (.batch, _): "https://batch.core.windows.net/"
        case (.media, china): "https://rest.media.chinacloudapi.cn"
        case (.media, government): "https://rest.media.usgovcloudapi.net"
        case (.media, _): "https://rest.media.azure.net"
        case (.oss, china): "https://ossrdbms-aad.database.chinacloudapi.cn"
        case (.oss, government): "https://ossrdbms-aad.database.usgovcloudapi.net"
        case (.oss, _): "https://ossrdbms-aad.database.windows.net"
        case (.dataLake, _): isKnown && cloud.name != Cloud.azureCloud.name ? nil : "https://datalake.azure.net/"
        }
    }
}

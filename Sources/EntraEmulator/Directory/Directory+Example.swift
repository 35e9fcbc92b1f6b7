extension Directory {
    /// The tenant that the emulator serves when no directory is given, and that tests and the quick start use.
    ///
    /// Its application owns itself, so that it can be rotated, and its secret has the characters that must be form-encoded: `~ + / = %`.
    public static let example = Directory(tenants: [
        Tenant(
            id: "11111111-1111-4111-8111-111111111111",
            name: "Contoso",
            domains: ["contoso.onmicrosoft.com"],
            resources: ["api://contoso-payroll"],
            applications: [
                Application(
                    clientId: "22222222-2222-4222-8222-222222222222",
                    displayName: "vaultctl quick start",
                    objectId: "22222222-2222-4222-8222-22222222aaaa",
                    servicePrincipalId: "22222222-2222-4222-8222-22222222bbbb",
                    owners: ["22222222-2222-4222-8222-222222222222"],
                    roles: ["Application.ReadWrite.OwnedBy"],
                    secrets: [
                        ClientSecret(
                            value: "Xq38Q~example+secret/for=the%emulator.0",
                            keyId: "22222222-2222-4222-8222-22222222cccc",
                            displayName: "quick start"
                        )
                    ]
                )
            ],
            subscriptions: [
                Subscription(
                    id: "33333333-3333-4333-8333-333333333333",
                    name: "Fake Sub",
                    workspaces: [
                        Workspace(
                            name: "analytics",
                            resourceGroup: "data",
                            location: "westeurope",
                            host: "adb-4444444444444444.4.azuredatabricks.net",
                            workspaceId: "4444444444444444"
                        )
                    ]
                )
            ]
        )
    ])
}

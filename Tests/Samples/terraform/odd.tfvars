# what the root module takes
location = "westeurope" // not ours
tenant_id       = "11111111-1111-4111-8111-111111111111"
client_id       = "22222222-0000-4000-8000-000000000001"
client_secret   = "Od5~t+/=%\"$\\`z"
zones           = [1, 2, "3"] /* neither
                                 is this */
principals = {
  second = { client_id = "22222222-0000-4000-8000-000000000002", "client_secret" : "Od5~t+/=%\"$\\\u0060z",
    tenant_id = "11111111-1111-4111-8111-111111111111", enabled = true }
}

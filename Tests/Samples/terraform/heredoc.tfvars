tenant_id     = "11111111-1111-4111-8111-111111111111"
client_id     = "22222222-0000-4000-8000-000000000001"
client_secret = <<-EOT
  a secret of several lines
EOT

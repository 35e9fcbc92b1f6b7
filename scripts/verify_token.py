"""Verifies the RS256 signature of the token on standard input against the issuer's published keys.

The keys are fetched over TLS from the authority's JWKS document (RFC 7517), with its CA alone trusted.
"""

import argparse
import json
import ssl
import sys
import urllib.request

import jwt


def main() -> None:
    """Prints what the token says, or exits with an error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ca", required=True, help="PEM file with the CA of the authority")
    parser.add_argument("--authority", required=True, help="https address of the token service")
    options = parser.parse_args()
    token = sys.stdin.read().strip()
    tenant = jwt.decode(token, options={"verify_signature": False})["tid"]
    context = ssl.create_default_context(cafile=options.ca)
    address = f"{options.authority}/{tenant}/discovery/v2.0/keys"
    with urllib.request.urlopen(address, context=context) as answer:
        keys = jwt.PyJWKSet.from_dict(json.load(answer))
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(token, key.key, algorithms=["RS256"], options={"verify_aud": False})
    print(f"a token for {claims['aud']} whose RS256 signature verifies against the JWKS of {options.authority}")


if __name__ == "__main__":
    main()

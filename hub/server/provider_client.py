"""The requests to an OpenID Connect provider, and the checks of its responses.

Imported at the first sign-in through a provider (`provider`): the libraries take long to load.
"""

from __future__ import annotations

import base64
import binascii
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Final

import orjson
import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from hub.server.registration import Metadata, Registration, is_safe, provider_failure, sign_in_refusal

# Only signatures with a private key, which only the provider has. Not `none`, and not HS256, for which the provider's public key
# could be misused as the secret (RFC 8725, 2.1).
ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
ANSWER_BYTES: Final = 256 * 1024
_KEY_TYPES: Final = frozenset({"RSA", "EC"})
_HEADER_BYTES: Final = 4096  # of an ID token; some providers put a certificate there
_LEEWAY_SECONDS: Final = 60  # by which the provider's clock may differ
_PIECE_BYTES: Final = 16 * 1024


class _BoundedAdapter(HTTPAdapter):
    """Limits the bytes of a response, and the total time for it; the timeout of requests is for each read."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._deadline = time.monotonic() + seconds

    def send(self, request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        """Send the request and read the whole response; RequestException if it is too large or too slow."""
        response = super().send(request, *arguments, **(options | {"stream": True, "timeout": self._seconds_left()}))
        parts = []
        size = 0
        while piece := response.raw.read1(_PIECE_BYTES, decode_content=False):
            parts.append(piece)
            size += len(piece)
            self._seconds_left()
            if size > ANSWER_BYTES:
                response.close()
                raise requests.exceptions.ContentDecodingError(f"the response is larger than {ANSWER_BYTES} bytes")
        response._content = b"".join(parts)  # noqa: SLF001 - where requests keeps the body that it has read
        response.close()
        return response

    def _seconds_left(self) -> float:
        seconds = self._deadline - time.monotonic()
        if seconds <= 0:
            raise requests.exceptions.ReadTimeout("the response took too long")
        return seconds


@contextmanager
def _client(registration: Registration, *, secret_in_body: bool = False) -> Iterator[OAuth2Session]:
    """A client for requests to the provider. ProviderError if the provider does not respond correctly."""
    secret = registration.secret.reveal() if registration.secret is not None else None
    method = "none" if secret is None else "client_secret_post" if secret_in_body else "client_secret_basic"
    client = OAuth2Session(
        registration.client_id,
        secret,
        token_endpoint_auth_method=method,
        redirect_uri=registration.return_address,
        scope=registration.scope,
        code_challenge_method="S256",
    )
    client.trust_env = False  # use only the proxies of the environment: no .netrc with other credentials
    client.proxies = requests.utils.get_environ_proxies(registration.issuer)
    client.verify = registration.authority or True
    client.max_redirects = 0
    client.headers["Accept-Encoding"] = "identity"  # a compressed response could unpack to any size
    for scheme in ("https://", "http://"):
        client.mount(scheme, _BoundedAdapter(registration.seconds))
    with client:
        try:
            yield client
        except (requests.RequestException, HTTPError, OSError) as error:
            # without the error's message, which may contain an address with a code
            raise provider_failure(
                f"{registration.issuer} does not respond correctly ({type(error).__name__})"
            ) from None


def discover(registration: Registration) -> Metadata:
    """Fetch the provider's metadata. ProviderError if the provider does not respond, or the metadata cannot be used."""
    issuer = registration.issuer
    document = _json(registration, issuer.rstrip("/") + "/.well-known/openid-configuration")
    if document.get("issuer") != issuer:
        raise provider_failure(
            f"{issuer} calls itself {str(document.get('issuer'))[:200]!r}: oidc_issuer must be the same, letter by letter"
        )
    allows_http = not issuer.startswith("https://")
    addresses = {}
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint"):
        address = document.get(name, "")
        if not isinstance(address, str) or not is_safe(address, allows_http=allows_http):
            if name != "end_session_endpoint":
                raise provider_failure(f"{issuer} names no {name} with https://")
            address = ""
        addresses[name] = address
    auth_methods = document.get("token_endpoint_auth_methods_supported")
    is_secret_in_body = (
        isinstance(auth_methods, list)
        and "client_secret_basic" not in auth_methods
        and "client_secret_post" in auth_methods
    )
    says_issuer = document.get("authorization_response_iss_parameter_supported") is True
    return Metadata(**addresses, secret_in_body=is_secret_in_body, says_issuer=says_issuer)


def fetch_keys(registration: Registration, metadata: Metadata) -> KeySet:
    """Fetch the provider's public keys. ProviderError if the provider does not respond, or has no usable key."""
    listed_keys = _json(registration, metadata.jwks_uri).get("keys")
    keys = [key for key in listed_keys if isinstance(key, dict)] if isinstance(listed_keys, list) else []
    usable_keys = []
    for key in keys:
        if key.get("kty") not in _KEY_TYPES or key.get("use", "sig") != "sig":
            continue
        # ignore keys that the library does not support, such as of another curve (RFC 7517, 5)
        with suppress(JoseError, ValueError, TypeError, AttributeError, KeyError), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about weak keys, which only the provider can change
            usable_keys.extend(KeySet.import_key_set({"keys": [key]}).keys)
    if not usable_keys:
        raise provider_failure(f"{registration.issuer} has no key that can be used")
    return KeySet(usable_keys)


def sign_in_address(registration: Registration, metadata: Metadata, state: str, nonce: str, verifier: str) -> str:
    """The address to which the browser goes: an authorization request for a code, with PKCE (RFC 7636)."""
    parameters = {"nonce": nonce} | ({"acr_values": registration.acr} if registration.acr else {})
    with _client(registration) as client:
        address, _ = client.create_authorization_url(
            metadata.authorization_endpoint, state=state, code_verifier=verifier, **parameters
        )
    return str(address)


def exchange(registration: Registration, metadata: Metadata, code: str, verifier: str) -> dict[str, Any]:
    """Exchange the code for the tokens. UnauthenticatedError if the provider refuses it, ProviderError if it does not respond."""
    with _client(registration, secret_in_body=metadata.secret_in_body) as client:
        try:
            token = client.fetch_token(
                metadata.token_endpoint,
                grant_type="authorization_code",
                code=code,
                code_verifier=verifier,
                allow_redirects=False,
            )
        except AuthlibBaseError as error:
            raise sign_in_refusal(f"the provider refused the code: {str(error.error)[:60]!r}") from None
        except requests.RequestException:
            raise
        except (ValueError, TypeError, AttributeError):
            raise provider_failure(
                f"{registration.issuer} answers the code with a response that cannot be read"
            ) from None
    return dict(token)


def names_key_of(keys: KeySet, token: Mapping[str, Any]) -> bool:
    """Whether the keys include the one that the ID token names."""
    header = str(token.get("id_token", "")).partition(".")[0]
    try:
        kid = orjson.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4))).get("kid")
    except (binascii.Error, ValueError, AttributeError):
        return True  # no other key would help
    return any(key.kid == kid for key in keys)


def verify_token(
    registration: Registration, token: Mapping[str, Any], keys: KeySet, nonce: str, now: int
) -> dict[str, Any]:
    """Check the ID token and return its claims (OpenID Connect Core 1.0, 3.1.3.7); `now` is in seconds.

    UnauthenticatedError if the token is not valid.
    """
    encoded = token.get("id_token")
    if not isinstance(encoded, str):
        raise sign_in_refusal("there is no ID token in the provider's response")
    registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
    registry.max_header_length = _HEADER_BYTES
    options: dict[str, Any] = {
        "iss": {"essential": True, "value": registration.issuer},
        "aud": {"essential": True, "value": registration.client_id},
    }
    if registration.acr:
        options["acr"] = {"essential": True, "value": registration.acr}
    parameters = {"nonce": nonce, "client_id": registration.client_id, "access_token": token.get("access_token")}
    try:
        decoded_token = jwt.decode(encoded, keys, registry=registry)
        claims = CodeIDToken(decoded_token.claims, decoded_token.header, options, parameters)
        claims.validate(now, _LEEWAY_SECONDS)
    except (JoseError, ValueError, TypeError, AttributeError) as error:
        raise sign_in_refusal(f"the ID token is not valid: {error}"[:300]) from None
    if registration.acr and claims["acr"] != registration.acr:  # the library also accepts a list that contains it
        raise sign_in_refusal("the ID token is not valid: acr")
    return dict(claims)


def _json(registration: Registration, address: str) -> dict[str, Any]:
    with _client(registration) as client:
        response = client.get(address, withhold_token=True, headers={"Accept": "application/json"})
        response.raise_for_status()
        try:
            document = orjson.loads(response.content)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise provider_failure(f"{registration.issuer} responds with something other than a JSON object")
    return document

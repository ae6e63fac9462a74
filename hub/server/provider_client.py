"""What the hub says to an OpenID Connect provider, and what it believes of the answers.

Imported when somebody first signs in through a provider (`provider`): the libraries take long to load.
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

from hub.server.registration import Metadata, Registration, away, is_safe, refused

# Signed with a private key that the provider alone has: neither `none` nor HS256, for which the provider's public key would do as
# the secret (RFC 8725, 2.1).
ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
ANSWER_BYTES: Final = 256 * 1024
_KEY_TYPES: Final = frozenset({"RSA", "EC"})
_HEADER_BYTES: Final = 4096  # of an ID token; some providers put a certificate there
_LEEWAY_SECONDS: Final = 60  # by which the provider's clock may differ
_PIECE_BYTES: Final = 16 * 1024


class _Bounded(HTTPAdapter):
    """Answers of a few bytes, whole, within a time in all. requests' own limit is for each read."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._deadline = time.monotonic() + seconds

    def send(self, request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        """The answer, read to its end; a RequestException where it is too long or comes too late."""
        response = super().send(request, *arguments, **(options | {"stream": True, "timeout": self._left()}))
        parts = []
        size = 0
        while piece := response.raw.read1(_PIECE_BYTES, decode_content=False):
            parts.append(piece)
            size += len(piece)
            self._left()
            if size > ANSWER_BYTES:
                response.close()
                raise requests.exceptions.ContentDecodingError(f"the answer is over {ANSWER_BYTES} bytes")
        response._content = b"".join(parts)  # noqa: SLF001 - where requests keeps what it has read itself
        response.close()
        return response

    def _left(self) -> float:
        seconds = self._deadline - time.monotonic()
        if seconds <= 0:
            raise requests.exceptions.ReadTimeout("the answer took too long")
        return seconds


@contextmanager
def _client(registration: Registration, *, secret_in_body: bool = False) -> Iterator[OAuth2Session]:
    """A connection to the provider. ProviderError where it is away."""
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
    client.trust_env = False  # of what the environment says, proxies alone count: no .netrc with other credentials
    client.proxies = requests.utils.get_environ_proxies(registration.issuer)
    client.verify = registration.authority or True
    client.max_redirects = 0
    client.headers["Accept-Encoding"] = "identity"  # what is unpacked could be of any size
    for scheme in ("https://", "http://"):
        client.mount(scheme, _Bounded(registration.seconds))
    with client:
        try:
            yield client
        except (requests.RequestException, HTTPError, OSError) as error:
            # its words may hold addresses with a code in them
            raise away(f"{registration.issuer} does not answer as it should ({type(error).__name__})") from None


def discover(registration: Registration) -> Metadata:
    """What the provider says of itself. ProviderError where it is away, or says what cannot be used."""
    issuer = registration.issuer
    document = _json(registration, issuer.rstrip("/") + "/.well-known/openid-configuration")
    if document.get("issuer") != issuer:
        raise away(
            f"{issuer} calls itself {str(document.get('issuer'))[:200]!r}: oidc_issuer must be the same, letter by letter"
        )
    plain = not issuer.startswith("https://")
    addresses = {}
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint"):
        address = document.get(name, "")
        if not isinstance(address, str) or not is_safe(address, plain=plain):
            if name != "end_session_endpoint":
                raise away(f"{issuer} names no {name} with https://")
            address = ""
        addresses[name] = address
    ways = document.get("token_endpoint_auth_methods_supported")
    in_body = isinstance(ways, list) and "client_secret_basic" not in ways and "client_secret_post" in ways
    says_issuer = document.get("authorization_response_iss_parameter_supported") is True
    return Metadata(**addresses, secret_in_body=in_body, says_issuer=says_issuer)


def fetch_keys(registration: Registration, metadata: Metadata) -> KeySet:
    """The provider's public keys. ProviderError where it is away, or has none that can be used."""
    listed = _json(registration, metadata.jwks_uri).get("keys")
    keys = [key for key in listed if isinstance(key, dict)] if isinstance(listed, list) else []
    fit = []
    for key in keys:
        if key.get("kty") not in _KEY_TYPES or key.get("use", "sig") != "sig":
            continue
        # one that the library does not know, such as of another curve, is passed over (RFC 7517, 5)
        with suppress(JoseError, ValueError, TypeError, AttributeError, KeyError), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a key that is weak is the provider's to change
            fit.extend(KeySet.import_key_set({"keys": [key]}).keys)
    if not fit:
        raise away(f"{registration.issuer} has no key that can be used")
    return KeySet(fit)


def sign_in_address(registration: Registration, metadata: Metadata, state: str, nonce: str, verifier: str) -> str:
    """Where the browser goes: an authorization request for a code, with PKCE (RFC 7636)."""
    parameters = {"nonce": nonce} | ({"acr_values": registration.acr} if registration.acr else {})
    with _client(registration) as client:
        address, _ = client.create_authorization_url(
            metadata.authorization_endpoint, state=state, code_verifier=verifier, **parameters
        )
    return str(address)


def exchange(registration: Registration, metadata: Metadata, code: str, verifier: str) -> dict[str, Any]:
    """The provider's answer to a code. UnauthenticatedError where it does not take it, ProviderError where it is away."""
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
            raise refused(f"the provider did not take the code: {str(error.error)[:60]!r}") from None
        except requests.RequestException:
            raise
        except (ValueError, TypeError, AttributeError):
            raise away(f"{registration.issuer} answers a code with what cannot be read") from None
    return dict(token)


def names_key_of(keys: KeySet, token: Mapping[str, Any]) -> bool:
    """Whether one of the keys is the one that the ID token names."""
    head = str(token.get("id_token", "")).partition(".")[0]
    try:
        kid = orjson.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4))).get("kid")
    except (binascii.Error, ValueError, AttributeError):
        return True  # no other key would help
    return any(key.kid == kid for key in keys)


def verified(
    registration: Registration, token: Mapping[str, Any], keys: KeySet, nonce: str, now: int
) -> dict[str, Any]:
    """The claims of the ID token (OpenID Connect Core 1.0, 3.1.3.7), `now` in seconds. UnauthenticatedError where one does not hold."""
    encoded = token.get("id_token")
    if not isinstance(encoded, str):
        raise refused("there is no ID token in the provider's answer")
    registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
    registry.max_header_length = _HEADER_BYTES
    options: dict[str, Any] = {
        "iss": {"essential": True, "value": registration.issuer},
        "aud": {"essential": True, "value": registration.client_id},
    }
    if registration.acr:
        options["acr"] = {"essential": True, "value": registration.acr}
    about = {"nonce": nonce, "client_id": registration.client_id, "access_token": token.get("access_token")}
    try:
        decoded = jwt.decode(encoded, keys, registry=registry)
        claims = CodeIDToken(decoded.claims, decoded.header, options, about)
        claims.validate(now, _LEEWAY_SECONDS)
    except (JoseError, ValueError, TypeError, AttributeError) as error:
        raise refused(f"the ID token does not hold: {error}"[:300]) from None
    if registration.acr and claims["acr"] != registration.acr:  # the library takes a list with it, too
        raise refused("the ID token does not hold: acr")
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
            raise away(f"{registration.issuer} answers with what is no JSON object")
    return document

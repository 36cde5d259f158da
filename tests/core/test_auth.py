from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pydantic import SecretStr

from app.core.auth import InsufficientScope, JwtVerifier, KeyText, Principal, bearer
from app.core.errors import SettingsInvalid, Unauthorized
from app.core.ids import new_id

SHARED = "a shared key that is long enough for HS256 and for HS512 as well"
WORKSPACE = new_id()


def _claims(**changes: Any) -> dict[str, Any]:
    claims = {"workspace_id": WORKSPACE, "sub": "user-1", "exp": datetime.now(UTC) + timedelta(minutes=5)}
    return {name: value for name, value in (claims | changes).items() if value is not None}


def _verifier(key: str = SHARED, **options: Any) -> JwtVerifier:
    return JwtVerifier(SecretStr(key), **({"algorithm": "HS256"} | options))


def test_a_key_reads_back_as_it_was_written() -> None:
    key = KeyText.new()
    again = KeyText.parse(key.reveal())
    assert again is not None
    assert (again.prefix, again.digest) == (key.prefix, key.digest)
    assert again.matches(key.digest)
    assert not KeyText.new().matches(key.digest)


def test_a_key_is_not_told_by_accident() -> None:
    key = KeyText.new()
    secret = key.secret.get_secret_value()
    assert len(secret) == 64
    assert secret not in repr(key)
    assert secret not in str(key)


@pytest.mark.parametrize(
    "text",
    ["", "tnx_", "tnx_abcd", "tnx_abcd_short", "tnx__" + "a" * 64, "TNX_abcd_" + "a" * 64, "tnx_abcd_" + "é" * 64],
)
def test_what_is_no_key_is_none(text: str) -> None:
    assert KeyText.parse(text) is None


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic abc", "tnx_abcd_" + "a" * 64])
def test_a_header_without_credentials_is_refused(header: str | None) -> None:
    with pytest.raises(Unauthorized) as caught:
        bearer(header)
    assert caught.value.status == 401
    assert caught.value.headers["WWW-Authenticate"] == "Bearer"


def test_the_scheme_may_be_in_any_case() -> None:
    assert bearer("bearer  abc ") == "abc"


@pytest.mark.parametrize(
    ("scopes", "allowed"),
    [
        (("*",), True),
        (("videos:*",), True),
        (("videos:read", "credits:read"), True),
        (("videos:write",), False),
        (("credits:*",), False),
        ((), False),
    ],
)
def test_a_scope_is_granted_by_itself_its_resource_or_a_star(scopes: tuple[str, ...], allowed: bool) -> None:
    principal = Principal(workspace_id=WORKSPACE, subject="s", scopes=scopes)
    assert principal.allows("videos:read") is allowed
    if not allowed:
        with pytest.raises(InsufficientScope) as caught:
            principal.require("videos:read")
        assert (caught.value.status, caught.value.extra) == (403, {"scope": "videos:read"})


def test_a_user_token_speaks_for_its_workspace() -> None:
    for claims in (_claims(), _claims(workspace_id=None, company_id=WORKSPACE.upper())):
        principal = _verifier().principal(jwt.encode(claims, SHARED, "HS256"))
        assert principal == Principal(workspace_id=WORKSPACE, subject="user-1")


def test_a_token_may_be_limited_to_scopes() -> None:
    for claims in (_claims(scope="videos:read credits:read"), _claims(scopes=["videos:read", "credits:read"])):
        principal = _verifier().principal(jwt.encode(claims, SHARED, "HS256"))
        assert principal.scopes == ("videos:read", "credits:read")
    assert _verifier().principal(jwt.encode(_claims(scopes="*"), SHARED, "HS256")).scopes == ()


@pytest.mark.parametrize(
    "claims",
    [
        _claims(exp=datetime(2020, 1, 1, tzinfo=UTC)),
        _claims(exp=None),
        _claims(nbf=datetime(2100, 1, 1, tzinfo=UTC)),
        _claims(workspace_id=None),
        _claims(workspace_id="not-an-id"),
        _claims(workspace_id=7),
    ],
)
def test_a_token_that_is_old_or_says_too_little_is_refused(claims: dict[str, Any]) -> None:
    with pytest.raises(Unauthorized):
        _verifier().principal(jwt.encode(claims, SHARED, "HS256"))


def _unsigned() -> str:
    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(_claims(exp=4102444800))}."


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a.b.c",
        "é.é.é",
        _unsigned(),
        jwt.encode(_claims(), SHARED, "HS512"),
        jwt.encode(_claims(), "another key that is also long enough", "HS256"),
        jwt.encode(_claims(), SHARED, "HS256")[:-4] + "AAAA",
    ],
)
def test_a_token_that_is_not_signed_with_our_key_and_algorithm_is_refused(token: str) -> None:
    with pytest.raises(Unauthorized):
        _verifier().principal(token)


def _pem(key: Any) -> tuple[str, str]:
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_tokens_signed_with_a_private_key_are_verified_with_the_public_one(algorithm: str) -> None:
    key = rsa.generate_private_key(65537, 2048) if algorithm == "RS256" else ec.generate_private_key(ec.SECP256R1())
    private, public = _pem(key)
    token = jwt.encode(_claims(), private, algorithm)
    one_line = public.replace("\n", "\\n")
    for spelled in (public, one_line):
        assert _verifier(spelled, algorithm=algorithm).principal(token).workspace_id == WORKSPACE


def test_audience_and_issuer_count_when_they_are_set() -> None:
    verifier = _verifier(audience="videos", issuer="10ex")
    assert verifier.principal(jwt.encode(_claims(aud="videos", iss="10ex"), SHARED, "HS256"))
    for claims in (_claims(), _claims(aud="videos"), _claims(aud="other", iss="10ex")):
        with pytest.raises(Unauthorized):
            verifier.principal(jwt.encode(claims, SHARED, "HS256"))


@pytest.mark.parametrize(("key", "algorithm"), [("short", "HS256"), ("not a pem", "RS256"), ("not a pem", "ES256")])
def test_a_key_that_cannot_work_is_refused_at_the_start(key: str, algorithm: str) -> None:
    with pytest.raises(SettingsInvalid, match="TENEX_JWT_KEY"):
        _verifier(key, algorithm=algorithm)


def test_a_public_key_is_not_taken_for_a_shared_secret() -> None:
    _, public = _pem(ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(SettingsInvalid):
        _verifier(public, algorithm="HS256")

"""What an OPA server in production is configured with."""

from __future__ import annotations

from addin_backend.bootstrap.sending import key_path
from addin_backend.edges.keys import KeyFile
from addin_backend.edges.opa_bundle import BundleKey, opa_config
from addin_backend.errors import NotFound
from addin_backend.settings import Settings


def bundle_key(keys: KeyFile) -> BundleKey:
    """The key that bundles are signed with."""
    return BundleKey(keys.secret("bundle"))


def config(settings: Settings, token_from: str) -> str:
    """OPA's configuration as YAML. Raises NotFound as long as there is no key file, BadRegister for one that cannot be used."""
    path = key_path(settings)
    if not path.exists():
        raise NotFound(
            "There is no key file yet, so there is no key to verify bundles with.",
            sentence_da="Der er endnu ingen nøglefil, og dermed ingen nøgle at kontrollere regler med.",
            next_step="Start the server once, or name its data folder with --data.",
            next_step_da="Start serveren én gang, eller angiv dens datamappe med --data.",
        )
    return opa_config(settings.public_url, bundle_key(KeyFile.load_or_create(path)), token_from)

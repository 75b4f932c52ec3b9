"""What the operator of an installation may set from outside, and nothing else."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


def default_data_folder() -> Path:
    """Where the embedded database and the files live unless WHEREUPON_DATA says otherwise."""
    return Path.home() / ".local" / "share" / "whereupon"


class Settings(BaseSettings):
    """Read from WHEREUPON_* variables; each has a default that suits a laptop."""

    model_config = SettingsConfigDict(env_prefix="WHEREUPON_", extra="ignore")

    database_url: str | None = Field(None, description="A PostgreSQL ≥15; none: our own, embedded.")
    data: Path = Field(default_factory=default_data_folder, description="Data folder, made 0700.")
    host: str = Field("127.0.0.1", description="Address that `serve` listens on.")
    port: int = Field(8080, ge=0, le=65535, description="Port that `serve` listens on.")
    workers: int = Field(1, ge=0, le=64, description="Worker processes that `serve` supervises.")
    public_url: str | None = Field(None, description="How people reach this installation.")
    secret_key: str | None = Field(
        None, description="32 bytes in base64; none: a file in the data folder; several: the first one seals."
    )
    allowed_networks: str = Field(
        "", description="Networks, with commas between, that requests may go to beside the public Internet."
    )
    files_root: Path | None = Field(
        None, description="Folder on this machine below which workflows may put files; none: nowhere."
    )
    metrics_token: str | None = Field(
        None, min_length=16, description="What /metrics asks for; none: it answers on this machine alone."
    )
    log_level: str = Field("info", description="debug, info, warning or error.")

    @property
    def address(self) -> str:
        """How people reach this installation, as far as it is known here.

        >>> Settings(host="0.0.0.0", port=81).address, Settings(public_url="https://a.example").address
        ('http://127.0.0.1:81', 'https://a.example')
        """
        if self.public_url:
            return self.public_url
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

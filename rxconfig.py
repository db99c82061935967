"""What Reflex reads first: where the app is, and the one address it is served at."""

import sys
from pathlib import Path

import reflex as rx

from encaiss_dashboard.settings import settings

config = rx.Config(
    app_name="encaiss_dashboard",
    frontend_port=settings.port,
    backend_port=settings.port,
    backend_host=settings.host,
    api_url=settings.public_url,
    deploy_url=settings.public_url,
    cors_allowed_origins=list(settings.origins),
    bun_path=Path(sys.prefix) / "bin" / "bun",
    telemetry_enabled=False,
    show_built_with_reflex=False,
    default_color_mode="system",
    disable_plugins=[rx.plugins.sitemap.SitemapPlugin],
)

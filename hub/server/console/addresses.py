"""The addresses of the console, and the views that need no account."""

from __future__ import annotations

from typing import Final

from hub.server.console import (
    accounts_page,
    drills_page,
    incident_page,
    lookup_page,
    operator_page,
    pages,
    provider_page,
    region_page,
    signing_in,
)
from hub.server.console.collections_page import console
from hub.server.registration import RETURN_PATH

# (address, view, methods), as in `server.app`.
ADDRESSES: Final = (
    ("/", console, ("GET",)),
    ("/console/login", signing_in.sign_in, ("GET",)),
    ("/console/login", signing_in.try_sign_in, ("POST",)),
    ("/console/oidc", provider_page.go_to_provider, ("GET",)),
    (RETURN_PATH, provider_page.return_from_provider, ("GET",)),
    ("/console/logout", signing_in.sign_out, ("POST",)),
    ("/console/language", signing_in.language, ("GET",)),
    ("/console/static/<name>", pages.asset, ("GET",)),
    ("/console/operator", operator_page.operator, ("GET",)),
    ("/console/operator/verify", operator_page.verify_store, ("POST",)),
    ("/console/operator/new-account", accounts_page.new_account, ("GET",)),
    ("/console/operator/new-account", accounts_page.make_account, ("POST",)),
    ("/console/operator/accounts/<name>", accounts_page.show_account, ("GET",)),
    ("/console/operator/accounts/<name>", accounts_page.change_account, ("POST",)),
    ("/console/operator/new-drill", drills_page.new_drill, ("GET",)),
    ("/console/operator/new-drill", drills_page.check_drill, ("POST",)),
    ("/console/operator/start-drill", drills_page.start_drill, ("POST",)),
    ("/console/operator/drills/<root>/<started_at>", drills_page.show_drill, ("GET",)),
    ("/console/operator/drills/<root>/<started_at>", drills_page.stop_drill, ("POST",)),
    ("/console/lookup", lookup_page.lookup_form, ("GET",)),
    ("/console/lookup", lookup_page.look_values_up, ("POST",)),
    ("/<root>/region/", region_page.region, ("GET",)),
    ("/<root>/board/<incident_id>/", incident_page.incident, ("GET",)),
    ("/<root>/board/<incident_id>/preview", incident_page.preview_step, ("POST",)),
    ("/<root>/board/<incident_id>/publish", incident_page.publish_step, ("POST",)),
    ("/<root>/board/<incident_id>/preview", incident_page.back_to_incident, ("GET",)),
    ("/<root>/board/<incident_id>/publish", incident_page.back_to_incident, ("GET",)),
    ("/<root>/board/<incident_id>/download/<name>", incident_page.download, ("GET",)),
)
PAGES: Final = frozenset(view.__name__ for _, view, _ in ADDRESSES)
# Views that ignore the Authorization header: the form has the credentials, or none are needed.
WITHOUT_ACCOUNT: Final = frozenset(
    {"try_sign_in", "sign_out", "sign_in", "language", "asset", "go_to_provider", "return_from_provider"}
)

"""Find the tenants that a platform key names, without a read for each request; create unknown ones if configured."""

from collections import OrderedDict
from collections.abc import Collection
from datetime import datetime
from threading import Lock
from typing import Final

from shared.domain.errors import Conflict, Unavailable
from shared.domain.limits.plan_catalog import CurrentPlans
from shared.domain.people.audit import Change
from shared.domain.people.tenants import Tenant
from shared.domain.tenant_ids import is_tenant_id
from shared.ports import Directory
from shared.usecases.people.authenticate import CACHE_FOR, REMEMBERED_FOR, unknown_tenant
from shared.usecases.people.manage_tenants import TenantRequest, known_plan, new_tenant
from shared.usecases.people.unknown_keys import REMEMBER_FOR

MAX_CACHED_TENANTS: Final = 10_000


class NamedTenants:
    """The tenants that platform keys have named: known ones for a minute, like keys, unknown ones for ten seconds.

    `auto_plan` is the plan of tenants that are created because an event names them; None: none are created.
    """

    def __init__(self, directory: Directory, plans: CurrentPlans, auto_plan: str | None = None) -> None:
        self._directory = directory
        self._plans = plans
        self.auto_plan = auto_plan
        self._cache: OrderedDict[str, tuple[datetime, Tenant | None]] = OrderedDict()
        self._lock = Lock()

    def find(self, tenant_id: str, now: datetime) -> Tenant:
        """Return a tenant; raise NotFound if there is none of this id.

        While the store is away, one that was found within the last hour is still known.
        """
        try:
            found = self.find_all([tenant_id], now).get(tenant_id)
        except Unavailable:
            found = self._found_within_an_hour(tenant_id, now)
            if found is None:
                raise
        if found is None:
            raise unknown_tenant(tenant_id)
        return found

    def find_all(self, tenant_ids: Collection[str], now: datetime) -> dict[str, Tenant]:
        """Return those of the tenants that exist, by their ids; read what is not cached in one round trip."""
        valid = {each for each in tenant_ids if is_tenant_id(each)}
        cached = self._cached(valid, now)
        if missing := sorted(valid - cached.keys()):
            read = {each.id: each for each in self._directory.find_tenants(missing)}
            for tenant_id in missing:
                cached[tenant_id] = read.get(tenant_id)
                self._remember(tenant_id, read.get(tenant_id), now)
        return {tenant_id: tenant for tenant_id, tenant in cached.items() if tenant is not None}

    def create(self, tenant_id: str, change: Change) -> Tenant:
        """Return the tenant of an unknown id, created on the configured plan; its name is its id.

        Raise NotFound if none is configured, or if the id is not valid.
        """
        if self.auto_plan is None or not is_tenant_id(tenant_id):
            raise unknown_tenant(tenant_id)
        plan = known_plan(self._plans(), self.auto_plan)
        tenant = new_tenant(TenantRequest(tenant_id, tenant_id, plan), change.at)
        audit = change.because("named by an event").entry(tenant_id, "tenant.created", None, tenant.plan)
        try:
            self._directory.create_tenant(tenant, None, audit)
        except Conflict:  # another request was faster
            tenant = self._directory.find_tenant(tenant_id) or tenant
        self._remember(tenant_id, tenant, change.at)
        return tenant

    def _found_within_an_hour(self, tenant_id: str, now: datetime) -> Tenant | None:
        read_at, tenant = self._cache.get(tenant_id, (now, None))
        return tenant if now < read_at + REMEMBERED_FOR else None

    def _cached(self, tenant_ids: Collection[str], now: datetime) -> dict[str, Tenant | None]:
        found: dict[str, Tenant | None] = {}
        with self._lock:
            for tenant_id in tenant_ids:
                read_at, tenant = self._cache.get(tenant_id, (now, None))
                if tenant_id in self._cache and read_at <= now < read_at + (
                    CACHE_FOR if tenant else REMEMBER_FOR
                ):
                    self._cache.move_to_end(tenant_id)
                    found[tenant_id] = tenant
        return found

    def _remember(self, tenant_id: str, tenant: Tenant | None, now: datetime) -> None:
        with self._lock:
            self._cache[tenant_id] = (now, tenant)
            self._cache.move_to_end(tenant_id)
            if len(self._cache) > MAX_CACHED_TENANTS:
                self._cache.popitem(last=False)

"""Whatever the vendor's SDK raises, as the port's errors without headers or tokens."""

from __future__ import annotations

import aiohttp

from hearth_appliances.backends.sdk import ThinQAPIException
from hearth_appliances.core.backend import CloudError, Fault

TOO_MANY = 429


def to_cloud_error(error: BaseException, what: str, status: int | None) -> CloudError | None:
    """Class of a failure; None: it is no failure of the cloud but of the program.

    Three ordinary failures are no ThinQAPIException: a gateway's JSON without ``error``
    (AttributeError in the SDK, as for an empty body), a page for people (ContentTypeError), and
    no network (aiohttp's own).

    Args:
        error: What the SDK raised.
        what: The request, for people.
        status: HTTP status if there was an answer.
    """
    if isinstance(error, ThinQAPIException):
        code = str(error.code)
        return CloudError(f"{what}: {error.error_name} ({code})", code)
    if isinstance(error, aiohttp.ContentTypeError | AttributeError | ValueError | KeyError):
        return None if status is None else _unreadable(what, status)
    if isinstance(error, aiohttp.ClientPayloadError):
        return CloudError(f"{what}: the answer broke off", fault=Fault.NETWORK)
    if isinstance(error, aiohttp.ClientError | OSError | TimeoutError):
        return CloudError(f"{what}: no answer ({type(error).__name__})", fault=Fault.NETWORK)
    return None


def _unreadable(what: str, status: int) -> CloudError:
    if status == TOO_MANY:
        return CloudError(f"{what}: HTTP 429, too many calls", fault=Fault.RATE_LIMIT)
    return CloudError(f"{what}: HTTP {status} with no answer in it", fault=Fault.OUTAGE)

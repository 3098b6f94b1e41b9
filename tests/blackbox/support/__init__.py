"""What the black-box tests share: a scriptable API, a running gateway, the command line."""

from .api import Api, answer, chunked, drip, endless, garbage, hold, reset, silent, truncated
from .cli import BINARY, Outcome, run, start, write_config
from .config import endpoint, single, tools
from .gateway import Gateway
from .limits import most_in, shared
from .mail import MailServer
from .redis import Redis
from .terminal import Terminal
from .waiting import PATIENCE, wait_until

__all__ = [
    "Api", "BINARY", "Gateway", "MailServer", "Outcome", "PATIENCE", "Redis", "Terminal", "answer", "chunked", "drip", "endless",
    "endpoint", "garbage", "hold", "most_in", "reset", "run", "shared", "silent", "single", "start",
    "tools", "truncated", "wait_until", "write_config",
]

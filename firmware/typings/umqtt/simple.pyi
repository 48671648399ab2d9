# umqtt.simple 1.3.4, as deploy/setup places it and stock ESP32 builds carry it.
from collections.abc import Callable

class MQTTException(Exception): ...

class MQTTClient:
    client_id: str | bytes
    sock: object
    server: str
    port: int
    ssl: bool
    ssl_params: dict[str, object]
    pid: int
    cb: Callable[[bytes, bytes], None] | None
    user: str | bytes | None
    pswd: str | bytes | None
    keepalive: int
    def __init__(
        self,
        client_id: str | bytes,
        server: str,
        port: int = ...,
        user: str | bytes | None = ...,
        password: str | bytes | None = ...,
        keepalive: int = ...,
        ssl: bool = ...,
        ssl_params: dict[str, object] = ...,
    ) -> None: ...
    def set_callback(self, f: Callable[[bytes, bytes], None]) -> None: ...
    def set_last_will(self, topic: str | bytes, msg: str | bytes, retain: bool = ..., qos: int = ...) -> None: ...
    def connect(self, clean_session: bool = ...) -> int: ...
    def disconnect(self) -> None: ...
    def ping(self) -> None: ...
    def publish(self, topic: str | bytes, msg: str | bytes, retain: bool = ..., qos: int = ...) -> None: ...
    def subscribe(self, topic: str | bytes, qos: int = ...) -> None: ...
    def wait_msg(self) -> int | None: ...
    def check_msg(self) -> int | None: ...

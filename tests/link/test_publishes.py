"""More publishes through one link than MQTT has packet ids, over TLS, to a real broker."""

COUNT = 70_000
PACKET_IDS = 65_535


def test_seventy_thousand_publishes_go_through_one_link(device):
    (end,) = device.run("publishes", count=COUNT)
    print(end, f"{end['took_ms'] / COUNT:.2f} ms a publish")
    assert end["clients"] == 1
    assert end["highest"] < PACKET_IDS
    assert end["free_percent"] >= 40

"""The server: what arrives by MQTT becomes rows, rows become numbers, and the numbers say how sure they are."""

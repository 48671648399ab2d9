"""The server: MQTT messages become rows, rows become numbers, and the numbers say how sure they are."""

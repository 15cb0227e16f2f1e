"""The second judge: what tshark makes of every byte that the server sent to the drivers."""

"""What is deployed: the packaged template, the zip, and the zip at work under AWS's own emulator."""

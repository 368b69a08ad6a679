"""What is deployed: the template, the zip, and the zip at work under AWS's own emulator."""

"""The screens of the kiosk (KIOSK.md, "Screens and keys")."""

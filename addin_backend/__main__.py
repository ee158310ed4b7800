"""`python -m addin_backend` is the same as `addin-backend`."""

from addin_backend.cli.main import main

if __name__ == "__main__":
    main()

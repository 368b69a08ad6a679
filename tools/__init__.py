"""Tools that build, deploy and operate Taskhook; never packaged."""

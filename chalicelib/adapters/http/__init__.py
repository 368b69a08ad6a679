"""One POST within one deadline."""

import warnings

# The zip has no library that guesses encodings, which no answer's body needs.
warnings.filterwarnings("ignore", "Unable to find acceptable character detection dependency")

"""The commands of `taskhook table`."""

from collections import Counter

from tqdm import tqdm

from tools import restoring
from tools.commands.rows import Row
from tools.verbs.parts import Args


def table_restore(args: Args) -> Row:
    """Copy the rows of a restored table into the live one and count the outcomes."""
    outcomes = restoring.restore(
        args.name, args.restored, missing_only=args.missing_only, dry_run=args.dry_run
    )
    quiet = args.json
    counts = Counter(
        tqdm(outcomes, unit=" rows", mininterval=0.5, delay=0.5, desc=args.name, disable=quiet)
    )
    return {outcome: counts[outcome] for outcome in restoring.OUTCOMES}

"""An agent that tracks numbered calls with the client, and prints each number once it is tracked."""

import sys
import time

from gwi_usage import Meter  # type: ignore[import-not-found]  # the client is a project of its own


def main(url: str, key: str, outbox: str, calls: range) -> None:
    with Meter(key, url, outbox=outbox, send_seconds=1) as meter:
        for number in calls:
            meter.track(
                provider="openai",
                model="gpt-4.1-mini",
                tokens={"input_tokens": 100, "output_tokens": 20},
                request_id=f"call-{number}",
            )
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()
            time.sleep(0.001)
        meter.flush(timeout=60)


if __name__ == "__main__":
    _, url, key, outbox, first, last = sys.argv
    main(url, key, outbox, range(int(first), int(last)))

"""Reads ``odom``, ``joint_states`` and ``tf`` with CycloneDDS alone, no ROS; prints JSON.

Usage: cyclone_peer.py DOMAIN ROBOT SECONDS. Run by test_running_deployment.py.
"""

import json
import math
import os
import sys
import time

os.environ["CYCLONEDDS_URI"] = (
    "<CycloneDDS><Domain><General><Interfaces>"
    '<NetworkInterface name="lo" multicast="false"/></Interfaces></General>'
    "<Discovery><ParticipantIndex>auto</ParticipantIndex>"
    "<MaxAutoParticipantIndex>60</MaxAutoParticipantIndex>"
    '<Peers><Peer address="127.0.0.1"/></Peers></Discovery></Domain></CycloneDDS>'
)

from cyclonedds.core import Policy, Qos
from cyclonedds.domain import DomainParticipant
from cyclonedds.sub import DataReader
from cyclonedds.topic import Topic
from cyclonedds.util import duration
from dds_types import JointState, Odometry, TFMessage


def main(domain: int, robot: str, seconds: float) -> None:
    participant = DomainParticipant(domain)
    qos = Qos(Policy.Reliability.Reliable(duration(seconds=1)), Policy.History.KeepLast(50))
    readers = {
        name: DataReader(participant, Topic(participant, f"rt/{robot}/{name}", kind), qos=qos)
        for name, kind in (("odom", Odometry), ("joint_states", JointState), ("tf", TFMessage))
    }
    counts = dict.fromkeys(readers, 0)
    frames: set[str] = set()
    joints: set[str] = set()
    stamps: list[float] = []
    finite = True
    deadline = time.monotonic() + seconds

    def enough() -> bool:
        return (
            all(count >= 20 for count in counts.values())
            and {
                "map->odom",
                "odom->base_footprint",
            }
            <= frames
        )

    while time.monotonic() < deadline and not enough():
        for name, reader in readers.items():
            for sample in reader.take(N=50):
                if not hasattr(sample, "header") and not hasattr(sample, "transforms"):
                    continue  # a disposed instance carries no data
                counts[name] += 1
                if isinstance(sample, TFMessage):
                    frames |= {
                        f"{t.header.frame_id}->{t.child_frame_id}" for t in sample.transforms
                    }
                elif isinstance(sample, JointState):
                    joints |= set(sample.name)
                    finite &= all(map(math.isfinite, sample.position))
                else:
                    stamps.append(sample.header.stamp.sec + 1e-9 * sample.header.stamp.nanosec)
                    finite &= math.isfinite(sample.pose.pose.position.x)
        time.sleep(0.01)
    sys.stdout.write(
        json.dumps(
            {
                "counts": counts,
                "frames": sorted(frames),
                "joints": sorted(joints),
                "stamps": stamps,
                "finite": finite,
            }
        )
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], float(sys.argv[3]))

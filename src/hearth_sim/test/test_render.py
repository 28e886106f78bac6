"""Pictures: geometry, noise, rates, and the thread that draws."""

import copy
import threading
import time
from pathlib import Path

import av
import numpy as np
import pytest
from hearth_core.errors import BadInputError, HearthError, UnknownNameError
from hearth_core.geometry import Pose2
from hearth_core.ports import Frame
from hearth_sim.core.fakes import ROOM, fake_builder
from hearth_sim.core.record import Recorder
from hearth_sim.core.render_frames import FrameThread, cut_boxes
from hearth_sim.core.render_noise import DepthErrors, noisy_color, noisy_depth
from hearth_sim.core.render_offscreen import FAR, NEAR, metres
from hearth_sim.core.world import World

EYE = 0.05
"""The camera is that far ahead of the robot's middle [m]."""


@pytest.fixture(scope="module")
def world() -> World:
    # The pan joint rests at 0.2 rad: turn the robot back, so that the camera looks along +x.
    return World(fake_builder({"robot1": Pose2(0.0, 0.0, -0.2)}))


def buffer_of(depth: np.ndarray) -> np.ndarray:
    return ((FAR * NEAR / depth - NEAR) / (FAR - NEAR)).astype(np.float32)


def test_depth_is_the_distance_along_the_view(world: World) -> None:
    frame = world.render("robot1/eye", 320, 240, perfect=True)
    assert frame.color is not None
    assert frame.color.shape == (240, 320, 3)
    assert frame.depth is not None
    wall = ROOM[0] - EYE
    # The far wall is flat: z does not grow toward the corners of the picture.
    assert frame.depth[110:130, 60:260] == pytest.approx(wall, abs=0.003)
    assert frame.color.std() > 5.0


def test_the_floor_is_where_the_intrinsics_say(world: World) -> None:
    camera = world.hardware("robot1").cameras["eye"].color
    frame = world.render("robot1/eye", camera.width, camera.height, perfect=True)
    assert frame.depth is not None
    u, v = 80, 115
    z = float(frame.depth[v, u])
    height = world.stage.data.cam_xpos[world.camera("robot1/eye")][2]
    assert z * (v - camera.cy) / camera.fy == pytest.approx(height, abs=0.01)


@pytest.mark.parametrize("distance", [1.0, 3.0, 5.0])
def test_depth_noise_grows_with_the_square(distance: float) -> None:
    buffer = buffer_of(np.full((240, 320), distance))
    assert metres(buffer) == pytest.approx(distance, rel=1e-4)
    depth = noisy_depth(buffer, 300.0, 7, DepthErrors())
    valid = depth[depth > 0]
    assert 0.99 < len(valid) / depth.size < 1.0
    assert np.mean(valid) == pytest.approx(distance, abs=0.001)
    assert np.std(valid) == pytest.approx(0.0015 * distance**2, rel=0.1)


def test_beyond_its_range_a_camera_measures_nothing() -> None:
    for distance in (0.2, 6.5):
        assert not noisy_depth(buffer_of(np.full((8, 8), distance)), 300.0, 1, DepthErrors()).any()


def test_edges_and_only_edges_have_holes() -> None:
    depth = np.full((240, 320), 2.0)
    depth[:, 160:] = 1.0
    out = noisy_depth(buffer_of(depth), 300.0, 3, DepthErrors())
    holes = (out == 0).mean(axis=0)
    assert holes[159:161].mean() == pytest.approx(0.5, abs=0.12)
    assert np.delete(holes, [159, 160]).mean() < 0.01


def test_noise_is_a_function_of_the_seed() -> None:
    grey = np.full((24, 32, 3), 100, np.uint8)
    first, again, other = (noisy_color(grey.copy(), seed) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()
    assert abs(first.astype(int) - 100).max() <= 2
    assert first.mean() == pytest.approx(100, abs=0.3)


def test_cameras_work_only_for_those_who_look() -> None:
    world = World(fake_builder())
    camera = world.hardware("robot1").cameras["eye"]
    frames: list[Frame] = []
    world.advance(0.3)
    camera.listen(frames.append)
    world.advance(0.3)
    assert frames == []
    camera.want(True, False, 5.0)
    world.advance(1.0)
    assert [frame.stamp for frame in frames] == pytest.approx(
        [0.61, 0.8, 1.0, 1.2, 1.4, 1.6], abs=0.011
    )
    assert all(frame.color is not None and frame.depth is None for frame in frames)
    camera.want(False, True, 2.0)
    world.advance(1.0)
    assert frames[-1].color is None
    assert frames[-1].depth is not None
    camera.want(False, False, 0.0)
    count = len(frames)
    world.advance(1.0)
    assert len(frames) == count
    with pytest.raises(BadInputError, match="rate"):
        camera.want(True, False, 0.0)


def test_a_thread_draws_the_state_of_the_stamp_not_of_now() -> None:
    world = World(fake_builder({"robot1": Pose2(0.0, 0.0, -0.2)}))
    thread = FrameThread()
    world.frames = thread
    frames: list[Frame] = []
    arrived = threading.Event()

    def take(frame: Frame) -> None:
        frames.append(frame)
        arrived.set()

    camera = world.hardware("robot1").cameras["eye"]
    camera.listen(take)
    camera.want(False, True, 1.0)
    world.hardware("robot1").base.command(0.5, 0.0, 0.0)
    world.advance(0.01)
    camera.want(False, False, 0.0)
    world.advance(1.0)
    assert arrived.wait(20.0)
    thread.close()
    assert frames[0].stamp == pytest.approx(0.01)
    assert frames[0].depth is not None
    assert np.median(frames[0].depth[55:65, 60:100]) == pytest.approx(ROOM[0] - EYE, abs=0.02)


def test_a_slow_reader_loses_frames_and_physics_loses_nothing() -> None:
    world = World(fake_builder())
    thread = FrameThread()
    world.frames = thread
    gate = threading.Event()
    frames: list[Frame] = []

    def take(frame: Frame) -> None:
        gate.wait(20.0)
        frames.append(frame)

    camera = world.hardware("robot1").cameras["eye"]
    camera.listen(take)
    camera.want(True, False, 10.0)
    world.advance(2.0)
    gate.set()
    deadline = time.monotonic() + 20.0
    while thread.oldest() is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    thread.close()
    assert 1 <= len(frames) <= 3
    assert thread.dropped >= 17


def test_unknown_cameras_and_too_large_pictures_are_refused(world: World) -> None:
    with pytest.raises(UnknownNameError, match="robot1/eye"):
        world.render("robot1/nose", 64, 48)
    with pytest.raises(HearthError, match="larger"):
        world.render("robot1/eye", 4000, 3000)


def test_walls_are_cut_for_those_who_look_from_above() -> None:
    world = World(fake_builder())
    model = copy.copy(world.stage.model)
    walls = np.flatnonzero([model.geom(k).name.startswith("wall") for k in range(model.ngeom)])
    cut_boxes(model, [0], height=0.9)
    top = model.geom_pos[walls, 2] + model.geom_size[walls, 2]
    bottom = model.geom_pos[walls, 2] - model.geom_size[walls, 2]
    assert top == pytest.approx(0.9)
    assert bottom == pytest.approx(0.0)


def test_a_film_is_readable_and_as_long_as_the_run(tmp_path: Path) -> None:
    world = World(fake_builder())
    recorder = Recorder(world, tmp_path, "robot1", rate=10.0, overview=(160, 120), head=(80, 64))
    world.advance(1.0)
    recorder.close()
    recorder.close()
    for name, size in (("overview.mp4", (160, 120)), ("head_camera.mp4", (80, 64))):
        with av.open(str(tmp_path / name)) as container:
            pictures = list(container.decode(video=0))
        assert len(pictures) == 10
        assert (pictures[0].width, pictures[0].height) == size
        assert pictures[-1].time == pytest.approx(0.9, abs=0.01)
        assert pictures[-1].to_ndarray(format="rgb24").std() > 5.0

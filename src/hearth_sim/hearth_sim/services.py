"""The services of a simulator, under the names of ``simulation_interfaces``, below ``sim/``."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from rclpy.node import Node
from simulation_interfaces.msg import Result, SimulationState, SimulatorFeatures
from simulation_interfaces.srv import (
    GetSimulationState,
    GetSimulatorFeatures,
    ResetSimulation,
    SetSimulationState,
    StepSimulation,
)

from hearth_sim.core.physics_thread import PhysicsThread

PATIENCE = 30.0
"""Longest wait [s] for the physics thread to answer."""
MOST_STEPS = 500_000


class Services:
    """Pause, step and reset."""

    def __init__(self, node: Node, physics: PhysicsThread) -> None:
        self._physics = physics
        node.create_service(GetSimulationState, "sim/get_simulation_state", self._get)
        node.create_service(SetSimulationState, "sim/set_simulation_state", self._set)
        node.create_service(StepSimulation, "sim/step_simulation", self._step)
        node.create_service(ResetSimulation, "sim/reset_simulation", self._reset)
        node.create_service(GetSimulatorFeatures, "sim/get_simulator_features", self._features)

    def _get(
        self, _request: GetSimulationState.Request, response: GetSimulationState.Response
    ) -> GetSimulationState.Response:
        paused = self._physics.state().paused
        response.state.state = (
            SimulationState.STATE_PAUSED if paused else SimulationState.STATE_PLAYING
        )
        response.result = _ok()
        return response

    def _set(
        self, request: SetSimulationState.Request, response: SetSimulationState.Response
    ) -> SetSimulationState.Response:
        wanted = request.state.state
        if wanted not in (SimulationState.STATE_PAUSED, SimulationState.STATE_PLAYING):
            response.result = Result(
                result=Result.RESULT_FEATURE_UNSUPPORTED,
                error_message=f"state {wanted}: only playing (1) and paused (2) can be set; "
                "to stop or quit, stop the process",
            )
            return response
        paused = wanted == SimulationState.STATE_PAUSED
        if paused == self._physics.state().paused:
            response.result = Result(
                result=SetSimulationState.Response.ALREADY_IN_TARGET_STATE,
                error_message=f"already {'paused' if paused else 'playing'}",
            )
            return response
        response.result = _done(lambda: self._physics.pause(paused))
        return response

    def _step(
        self, request: StepSimulation.Request, response: StepSimulation.Response
    ) -> StepSimulation.Response:
        if not self._physics.state().paused:
            response.result = Result(
                result=Result.RESULT_INCORRECT_STATE, error_message="pause before stepping"
            )
        elif not 1 <= request.steps <= MOST_STEPS:
            response.result = Result(
                result=Result.RESULT_OPERATION_FAILED,
                error_message=f"steps must be 1..{MOST_STEPS}, got {request.steps}",
            )
        else:
            response.result = _done(lambda: self._physics.step(request.steps))
        return response

    def _reset(
        self, request: ResetSimulation.Request, response: ResetSimulation.Response
    ) -> ResetSimulation.Response:
        scope = request.scope or ResetSimulation.Request.SCOPE_ALL
        if not scope & ResetSimulation.Request.SCOPE_STATE:
            response.result = Result(
                result=Result.RESULT_FEATURE_UNSUPPORTED,
                error_message="only the whole state can be reset (SCOPE_STATE), "
                "with or without time (SCOPE_TIME)",
            )
            return response
        time_too = bool(scope & ResetSimulation.Request.SCOPE_TIME)
        response.result = _done(lambda: self._physics.reset(restart_time=time_too))
        return response

    @staticmethod
    def _features(
        _request: GetSimulatorFeatures.Request, response: GetSimulatorFeatures.Response
    ) -> GetSimulatorFeatures.Response:
        features = SimulatorFeatures
        response.features.features = [
            features.SIMULATION_RESET,
            features.SIMULATION_RESET_TIME,
            features.SIMULATION_RESET_STATE,
            features.SIMULATION_STATE_GETTING,
            features.SIMULATION_STATE_SETTING,
            features.SIMULATION_STATE_PAUSE,
            features.STEP_SIMULATION_SINGLE,
            features.STEP_SIMULATION_MULTIPLE,
        ]
        response.features.custom_info = "hearth_sim, MuJoCo"
        return response


def _ok() -> Result:
    return Result(result=Result.RESULT_OK)


def _done(request: Callable[[], Future[Any]]) -> Result:
    try:
        request().result(timeout=PATIENCE)
    except Exception as error:  # whatever failed, the caller is told
        return Result(result=Result.RESULT_OPERATION_FAILED, error_message=repr(error))
    return _ok()

# The robot's image: ROS 2 Jazzy, everything under src/ built and its unit tests passed.
#   docker build -f docker/robot.Dockerfile -t hearth .
#   docker run --rm -it --network host --shm-size 2g hearth ros2 launch hearth_bringup robot.launch.yaml
# Each step is a script that also runs outside a container.
FROM ros:jazzy
SHELL ["/bin/bash", "-c"]
ENV HEARTH_WORKSPACE=/hearth RMW_IMPLEMENTATION=rmw_cyclonedds_cpp
WORKDIR /hearth

# Manifests first: dependencies are installed again only when a manifest changes.
COPY requirements requirements
COPY docker docker
RUN --mount=type=bind,source=src,target=manifests \
  mkdir src && cd manifests && find . -name package.xml -exec cp --parents {} ../src \;
RUN docker/install_dependencies.sh && rm -rf /var/lib/apt/lists/*

COPY . .
RUN docker/build.sh
RUN docker/test.sh -q

RUN echo '. /hearth/install/setup.bash' >> /etc/bash.bashrc
ENTRYPOINT ["/bin/bash", "-c", ". /hearth/install/setup.bash && exec \"$0\" \"$@\""]
CMD ["bash"]

"""The few things every node needs: parameters, topics, transforms, actions, a main loop."""

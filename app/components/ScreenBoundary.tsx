import { Component, type ReactNode } from "react";
import type { ScreenName } from "../route.ts";
import { EmptyState } from "./EmptyState.tsx";

interface ScreenBoundaryProps {
  /** Another one is tried afresh. */
  screen: ScreenName;
  children: ReactNode;
}

interface ScreenBoundaryState {
  readonly screen: ScreenName;
  readonly hasFailed: boolean;
}

/** A screen whose code could not be loaded, or that fails, leaves the frame around it standing. */
export class ScreenBoundary extends Component<ScreenBoundaryProps, ScreenBoundaryState> {
  override state: ScreenBoundaryState = { screen: this.props.screen, hasFailed: false };

  static getDerivedStateFromError(): Partial<ScreenBoundaryState> {
    return { hasFailed: true };
  }

  static getDerivedStateFromProps(
    { screen }: ScreenBoundaryProps,
    state: ScreenBoundaryState,
  ): ScreenBoundaryState | null {
    return screen === state.screen ? null : { screen, hasFailed: false };
  }

  override render(): ReactNode {
    if (!this.state.hasFailed) return this.props.children;
    return (
      <EmptyState icon="alert" title="This screen could not be shown">
        Its code may belong to another version, or the network is away.{" "}
        <button type="button" className="button" onClick={() => window.location.reload()}>
          Reload
        </button>
      </EmptyState>
    );
  }
}

import { Component, type ReactNode } from "react";
import { Refused } from "@/ui/states";

/** Holds what a page throws while it is drawn, so that the frame around it stays usable. */
export class Boundary extends Component<{ children: ReactNode }, { error: unknown }> {
  override state = { error: undefined as unknown };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render() {
    if (this.state.error === undefined) return this.props.children;
    return (
      <div className="page">
        <Refused error={this.state.error} again={() => this.setState({ error: undefined })} />
      </div>
    );
  }
}

import type { ComponentType } from "react";
import type { RouteObject } from "react-router";
import { Frame } from "@/app/Frame";
import { Missing } from "@/app/Missing";

const page = (path: string, load: () => Promise<{ default: ComponentType }>): RouteObject => ({
  path,
  lazy: async () => ({ Component: (await load()).default }),
});

// Names of audiences, journeys and campaigns have no hyphen: paths with one are nobody's.
export const routes: RouteObject[] = [
  {
    element: <Frame />,
    HydrateFallback: () => null,
    children: [
      page("/", () => import("@/features/overview/OverviewPage")),
      page("/tags", () => import("@/features/tags/TagsPage")),
      page("/tags/:tag", () => import("@/features/tags/TagsPage")),
      page("/audiences", () => import("@/features/audiences/AudiencesPage")),
      page("/audiences/new-audience", () => import("@/features/audiences/BuilderPage")),
      page("/audiences/:audience", () => import("@/features/audiences/AudiencePage")),
      page("/audiences/:audience/edit", () => import("@/features/audiences/BuilderPage")),
      page("/journeys", () => import("@/features/journeys/JourneysPage")),
      page("/journeys/new-journey", () => import("@/features/journeys/NewJourneyPage")),
      page("/journeys/global-control", () => import("@/features/journeys/GlobalControlPage")),
      page("/journeys/:journey", () => import("@/features/journeys/JourneyPage")),
      page("/campaigns", () => import("@/features/campaigns/CampaignsPage")),
      page("/campaigns/new-campaign", () => import("@/features/campaigns/WizardPage")),
      page("/campaigns/:campaign", () => import("@/features/campaigns/CampaignPage")),
      page("/data", () => import("@/features/data/DataPage")),
      page("/data/survey", () => import("@/features/data/SurveyPage")),
      page("/data/identity", () => import("@/features/data/IdentityPage")),
      page("/settings", () => import("@/features/access/SettingsPage")),
      page("/customers", () => import("@/features/customers/CustomersPage")),
      page("/customers/:customer", () => import("@/features/customers/CustomerPage")),
      page("/review", () => import("@/features/review/ReviewPage")),
      { path: "*", element: <Missing /> },
    ],
  },
];

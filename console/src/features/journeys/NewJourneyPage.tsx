export { NewJourneyPage as default } from "@/features/journeys/JourneyPage";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "@/app/App";
import { nameLists } from "@/app/lists";
import "@/app/main.css";
import { drawAnew } from "@/lib/fonts";

nameLists();
drawAnew();
const root = document.getElementById("root");
if (root)
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );

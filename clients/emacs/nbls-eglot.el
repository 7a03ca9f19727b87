;;; nbls-eglot.el --- nbls as the server of eglot  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; Where a buffer has no other language server, eglot may run nbls: then it
;; also completes, explains and lists cells.  `nbls-mode' draws as it does
;; by its own connection.

;;; Code:

(require 'eglot)
(require 'nbls)

(defclass nbls-eglot-server (eglot-lsp-server) ()
  :documentation "The server nbls, as eglot runs it.")

(cl-defmethod eglot-client-capabilities ((_server nbls-eglot-server))
  "Those of eglot, and that this client draws."
  (let ((capabilities (copy-sequence (cl-call-next-method))))
    (plist-put capabilities :experimental (list :nbls (nbls--capability)))))

(cl-defmethod eglot-initialization-options ((_server nbls-eglot-server))
  "The settings of nbls."
  (list :nbls (or nbls-settings (make-hash-table))))

(defmacro nbls-eglot--pass-on (generic function &rest methods)
  "Let GENERIC of eglot call FUNCTION for METHODS."
  `(progn
     ,@(mapcar (lambda (method)
                 `(cl-defmethod ,generic ((server nbls-eglot-server) (_method (eql ',method)) &rest params)
                    (,function server ',method params)))
               methods)))

(nbls-eglot--pass-on eglot-handle-notification nbls--notified
                     nbls/didChangeCells nbls/didChangeOutputs nbls/didChangeExecution
                     nbls/didChangeKernel $/cancelRequest)
(nbls-eglot--pass-on eglot-handle-request nbls--requested nbls/requestInput)

(defun nbls-eglot--managed ()
  "Draw in a buffer that eglot has given to nbls."
  (when (and (eglot-managed-p) (nbls--eglot-server))
    (nbls-mode)))
(add-hook 'eglot-managed-mode-hook #'nbls-eglot--managed)

(provide 'nbls-eglot)
;;; nbls-eglot.el ends here
